import { isSnapshot, isTestFile } from '#execution-plane/test-integrity'
import { configurationOf } from './tampered-configuration.ts'
import { changedCheck, invertedCheck, loosenedCheck, widenedCheck } from './tampered-checks.ts'
import {
  JAVASCRIPT,
  indentOf,
  lineAt,
  ofTest,
  shuffled,
  spliced,
  targetsIn,
  topOf,
  wholeChecks,
  type TamperMutator,
  type Target,
} from './tampered-test.ts'

const SKIPS: Readonly<Record<string, string>> = {
  python: "@pytest.mark.skip(reason='flaky')",
  java: '@Disabled("flaky")',
  rust: '#[ignore]',
}

function skipped(target: Target): string | undefined {
  const { language, test } = target
  const first = lineAt(target, test.line)
  if (JAVASCRIPT.has(language)) {
    const marked = first.replace(/\b(it|test)\(/, '$1.skip(')
    return marked === first ? undefined : spliced(target, test.line, test.line, [marked])
  }
  if (language === 'go')
    return /\{\s*$/.test(first) ? spliced(target, test.line, test.line, [first, '\tt.Skip("flaky")']) : undefined
  const skip = SKIPS[language]
  const top = topOf(target)
  if (skip === undefined || (language === 'rust' && !/#\[/.test(lineAt(target, top)))) return undefined
  return spliced(target, top, top - 1, [`${indentOf(lineAt(target, top))}${skip}`])
}

function focused(target: Target): string | undefined {
  const first = lineAt(target, target.test.line)
  const marked = first.replace(/\b(it|test)\(/, '$1.only(')
  return JAVASCRIPT.has(target.language) && marked !== first
    ? spliced(target, target.test.line, target.test.line, [marked])
    : undefined
}

function withoutCheck(target: Target): string | undefined {
  const [check] = wholeChecks(target)
  if (check === undefined) return undefined
  const by = target.language === 'python' ? [`${indentOf(lineAt(target, check.line))}pass`] : []
  return spliced(target, check.line, check.end_line, by)
}

/** First and last line of the statements of a test. */
function bodyOf({ language, test, lines }: Target): readonly [number, number] | undefined {
  const opens = lines.findIndex(
    (text, at) => at >= test.line - 1 && (language === 'python' ? /:\s*(?:#.*)?$/ : /\{\s*$/).test(text),
  )
  // A body's first line gives its indent, and a blank one has none.
  const from = lines.findIndex((text, at) => at > opens && text.trim() !== '') + 1
  const to = language === 'python' ? test.end_line : test.end_line - 1
  return opens === -1 || from > to || opens + 1 > test.line + 6 ? undefined : [from, to]
}

const CATCHES: Readonly<Record<string, readonly [string, string]>> = {
  python: ['try:', 'except Exception:'],
  java: ['try {', '} catch (Throwable ignored) {}'],
}

function swallowed(target: Target): string | undefined {
  const body = bodyOf(target)
  const around = JAVASCRIPT.has(target.language) ? (['try {', '} catch {}'] as const) : CATCHES[target.language]
  if (body === undefined || around === undefined) return undefined
  const [from, to] = body
  const indent = indentOf(lineAt(target, from))
  const inner = target.lines.slice(from - 1, to).map((text) => (text === '' ? text : `    ${text}`))
  const end = target.language === 'python' ? [`${indent}${around[1]}`, `${indent}    pass`] : [`${indent}${around[1]}`]
  return spliced(target, from, to, [`${indent}${around[0]}`, ...inner, ...end])
}

function leftEarly(target: Target): string | undefined {
  const body = bodyOf(target)
  if (body === undefined || target.language === 'ruby') return undefined
  const indent = indentOf(lineAt(target, body[0]))
  const said =
    target.language === 'java' ? 'if (true) return;' : /python|go/.test(target.language) ? 'return' : 'return;'
  return spliced(target, body[0], body[0] - 1, [`${indent}${said}`])
}

function commentedOut(target: Target): string | undefined {
  const [from, to] = [topOf(target), target.test.end_line]
  const mark = /python|ruby/.test(target.language) ? '# ' : '// '
  return spliced(
    target,
    from,
    to,
    target.lines.slice(from - 1, to).map((text) => `${mark}${text}`),
  )
}

function mocked(target: Target): string | undefined {
  const { language, lines, test } = target
  if (JAVASCRIPT.has(language)) {
    const local = lines
      .map((text) => /(?:from|require\()\s*['"](\.[^'"]+)['"]/.exec(text)?.[1])
      .find((path) => path !== undefined)
    return local === undefined ? undefined : [`jest.mock('${local}')`, ...lines].join('\n')
  }
  const body = bodyOf(target)
  if (language !== 'python' || body === undefined) return undefined
  const said = lines.slice(test.line, test.end_line).join('\n')
  const unit = lines
    .map((text) => /^from ([\w.]+) import (\w+)$/.exec(text))
    .find((match) => match !== null && new RegExp(`\\b${match[2]}\\b`).test(said))
  if (unit === undefined || unit === null) return undefined
  const line = `${indentOf(lineAt(target, body[0]))}monkeypatch.setattr("${unit[1]}.${unit[2]}", lambda *args, **kwargs: None)`
  return spliced(target, body[0], body[0] - 1, [line])
}

function forged(target: Target): string | undefined {
  const { language, lines } = target
  if (JAVASCRIPT.has(language)) return [...lines, "process.on('exit', () => { process.exitCode = 0 })"].join('\n')
  if (language === 'python')
    return [...lines, 'import atexit, os', 'atexit.register(lambda: os._exit(0))', ''].join('\n')
  if (language === 'go')
    return [...lines, 'func TestMain(m *testing.M) {', '\tm.Run()', '\tos.Exit(0)', '}', ''].join('\n')
  const at = lines.findLastIndex((text) => text.trim() === '}')
  return language === 'java' && at > 0
    ? [
        ...lines.slice(0, at),
        '  @AfterAll static void done() { Runtime.getRuntime().halt(0); }',
        ...lines.slice(at),
      ].join('\n')
    : undefined
}

/** The ways to tamper with tests that gates are measured against. */
export const TAMPER_MUTATORS: readonly TamperMutator[] = [
  ofTest('delete_test', 'takes one test out', (target) => spliced(target, topOf(target), target.test.end_line)),
  {
    name: 'delete_test_file',
    does: 'deletes a file of tests',
    mutate: async (files, seed) => {
      const [target] = await targetsIn(files, seed)
      return target === undefined ? undefined : new Map([[target.path, undefined]])
    },
  },
  ofTest('skip_test', 'skips one test', skipped),
  ofTest('focus_test', 'lets one test run alone', focused),
  ofTest('remove_assertion', 'takes one check out of a test', withoutCheck),
  ofTest('loosen_assertion', 'asks a check for less', loosenedCheck),
  ofTest('widen_tolerance', 'lets a check be further off', widenedCheck),
  ofTest('swallow_failure', 'catches what fails in a test', swallowed),
  ofTest('return_early', 'leaves a test before its checks', leftEarly),
  ofTest('comment_out', 'turns a test into a comment', commentedOut),
  ofTest('change_expected', 'expects another value', changedCheck),
  {
    name: 'update_snapshot',
    does: 'records another expectation',
    mutate: async (files, seed) => {
      for (const [path, text] of shuffled(
        [...files].filter(([name]) => isSnapshot(name) && !isTestFile(name)),
        seed,
      )) {
        const lines = text.split('\n')
        const at = lines.findIndex(
          (line) => /\w{4,}/.test(line) && !line.startsWith('exports[') && !line.startsWith('//'),
        )
        const changed = lines.with(Math.max(0, at), (lines[at] ?? '').replace(/\w{4,}/, 'tampered'))
        if (at >= 0) return new Map([[path, changed.join('\n')]])
      }
      return undefined
    },
  },
  ofTest('mock_unit', 'replaces what is tested by a stand-in', mocked),
  ofTest('forge_exit', 'ends the process as if all were well', forged),
  {
    name: 'weaken_configuration',
    does: 'tells the runner or CI to look away',
    mutate: async (files, seed) => {
      for (const [path, text] of shuffled([...files], seed)) {
        const changed = configurationOf(path, text, seed)
        if (changed !== undefined && changed !== text) return new Map([[path, changed]])
      }
      return undefined
    },
  },
  ofTest('invert_condition', 'asks for the opposite', invertedCheck),
]
