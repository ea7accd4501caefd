import type { Finding, Verdict } from '#domain/gate'
import type { Task } from '#domain/task'
import { asksForTestRemoval } from '#execution-plane/verifier'
import { addedLines, removedLines, type ChangedFile } from '../changed-file.ts'
import type { ReadChange } from '../change-check.ts'
import { verdictOf } from '../verdict.ts'
import { assertionFindings } from './assertion-findings.ts'
import { caseFindings } from './case-findings.ts'
import {
  CONFIGURATION_LINE_RULES,
  SOURCE_LINE_RULES,
  TEST_LINE_RULES,
  THRESHOLD,
  type LineRule,
} from './suspicious-lines.ts'
import { isRunnerConfiguration, isSnapshot, isTestFile, languageOf } from './test-files.ts'

const ASKS_SKIP = /\b(?:skip|disabl|quarantin|ignor|mut)\w*\b[^.\n]{0,80}\b(?:tests?|specs?)\b/i
const asksForSkip = (task: Task): boolean =>
  task.success_criteria.some(({ text }) => ASKS_SKIP.test(text) && !/\b(?:no|not|never|without)\b/i.test(text))
/** Rules that a task can permit by asking for them in its criteria. */
const PERMITTED_BY: readonly (readonly [rule: RegExp, asks: (task: Task) => boolean])[] = [
  [/^test\.(?:removed|file_deleted|renamed_away|assertion_removed)$/, asksForTestRemoval],
  [/^test\.skipped$/, asksForSkip],
]

/**
 * Whether the tests still test: none deleted, renamed away, emptied, skipped or singled out; no assertion taken out or
 * weakened; the runner neither told to look away nor to pass for nothing. A task whose criteria ask for the removal of
 * a test may have it, with a warning.
 */
export function checkTestIntegrity({ files, task }: ReadChange): Verdict {
  const tests = files.filter(({ change }) => isTestFile(change.path) && !isRunnerConfiguration(change.path))
  const findings = [
    ...caseFindings(tests, files),
    ...assertionFindings(tests),
    ...tests.flatMap(testLineFindings),
    ...files.filter(({ change }) => isRunnerConfiguration(change.path)).flatMap(configurationFindings),
    ...files
      .filter(({ change }) => !isTestFile(change.path) && !isRunnerConfiguration(change.path))
      .flatMap(sourceFindings),
    ...files.filter(({ change }) => isSnapshot(change.path)).flatMap(snapshotFindings),
  ]
  return verdictOf('test_integrity', permitted(findings, task), 'the tests test as much as before')
}

function permitted(findings: readonly Finding[], task: Task): readonly Finding[] {
  return findings.map((finding) => {
    const asks = PERMITTED_BY.find(([rule]) => rule.test(finding.rule))?.[1]
    if (finding.severity === 'warning' || asks === undefined || !asks(task)) return finding
    return { ...finding, severity: 'warning', message: `${finding.message}; the task's criteria ask for it` }
  })
}

function testLineFindings(file: ChangedFile): readonly Finding[] {
  const { path, kind } = file.change
  const language = languageOf(path)
  const rules = TEST_LINE_RULES.filter(
    (rule) => rule.languages === undefined || (language !== undefined && rule.languages.includes(language)),
  )
  return addedLines(file).flatMap(({ line, text }) => [
    ...ruleFindings(path, { line, text }, rules).map((finding) =>
      // A new file may say under which conditions its own tests run; that takes nothing away.
      kind === 'added' && finding.rule === 'test.skipped' ? { ...finding, severity: 'warning' as const } : finding,
    ),
    ...earlyReturn(file, line, text),
  ])
}

/** A bare return as the first statement of a test leaves it empty. */
function earlyReturn({ change, after }: ChangedFile, line: number, text: string): readonly Finding[] {
  if (!/^\s*return\s*;?\s*(?:\/\/.*|#.*)?$/.test(text)) return []
  const before = after?.lines?.slice(0, line - 1).findLast((earlier) => earlier.trim() !== '') ?? ''
  const opens =
    /\b(?:it|test)(?:\.\w+)*\(.*(?:=>|function\s*\w*\([^)]*\))\s*\{\s*$|^\s*(?:async\s+)?def\s+test\w*\(.*:\s*$|\bvoid\s+\w+\s*\([^)]*\).*\{\s*$|^func\s+Test\w+\(.*\{\s*$/
  return opens.test(before)
    ? [
        {
          rule: 'test.emptied',
          path: change.path,
          line,
          message: 'returns before the test has done anything',
          severity: 'error',
        },
      ]
    : []
}

function sourceFindings(file: ChangedFile): readonly Finding[] {
  if (languageOf(file.change.path) === undefined) return []
  const tampered = /(?:^|\/)(?:sitecustomize|usercustomize)\.py$/.test(file.change.path)
  const own: readonly Finding[] = tampered
    ? [
        {
          rule: 'test.runner_tampered',
          path: file.change.path,
          message: 'is loaded by Python before any test',
          severity: 'error',
        },
      ]
    : []
  return [
    ...own,
    ...addedLines(file).flatMap(({ line, text }) =>
      SOURCE_LINE_RULES.flatMap((rule) =>
        ruleFindings(file.change.path, { line, text }, [rule]).map((finding) => ({
          ...finding,
          severity: rule.severity,
        })),
      ),
    ),
  ]
}

function configurationFindings(file: ChangedFile): readonly Finding[] {
  const { path, kind } = file.change
  if (kind === 'deleted')
    return [
      {
        rule: 'runner.configuration_deleted',
        path,
        message: `${path} configures the test run and is deleted`,
        severity: 'error',
      },
    ]
  const language = languageOf(path)
  const testRules = TEST_LINE_RULES.filter(
    (rule) => rule.rule === 'test.runner_tampered' || (language === 'python' && rule.rule === 'test.skipped'),
  )
  const lines = addedLines(file).flatMap((added) =>
    ruleFindings(path, added, [...CONFIGURATION_LINE_RULES, ...(language === undefined ? [] : testRules)]),
  )
  return [...lines, ...loweredThresholds(file), ...scriptFindings(file)]
}

function loweredThresholds(file: ChangedFile): readonly Finding[] {
  const before = removedLines(file).flatMap(({ text }) => thresholdOf(text))
  return addedLines(file).flatMap(({ line, text }) =>
    thresholdOf(text).flatMap(({ key, value }): readonly Finding[] => {
      const old = before.find((entry) => entry.key === key)
      if (old === undefined || value >= old.value) return []
      return [
        {
          rule: 'runner.threshold_lowered',
          path: file.change.path,
          line,
          message: `${key} is lowered from ${old.value} to ${value}`,
          severity: 'error',
        },
      ]
    }),
  )
}

function thresholdOf(text: string): readonly { readonly key: string; readonly value: number }[] {
  const match = THRESHOLD.exec(text)
  return match === null ? [] : [{ key: (match[1] ?? '').toLowerCase(), value: Number(match[2]) }]
}

/** The test script of a package.json, compared as data. */
function scriptFindings({ change, before, after }: ChangedFile): readonly Finding[] {
  if (!/(?:^|\/)package\.json$/.test(change.path) || before?.lines === undefined || after?.lines === undefined)
    return []
  const [old, now] = [scriptsOf(before.lines), scriptsOf(after.lines)]
  return [...old].flatMap(([name, script]): readonly Finding[] => {
    if (!/^(?:pre|post)?test\b|^(?:typecheck|check|verify|ci)\b/.test(name) || now.get(name) === script) return []
    const gone = !now.has(name)
    const weaker = gone || !sameRunner(script, now.get(name) ?? '')
    return [
      {
        rule: gone ? 'runner.script_removed' : 'runner.script_changed',
        path: change.path,
        message: `the script ${name} is ${gone ? 'removed' : `changed to: ${(now.get(name) ?? '').slice(0, 120)}`}`,
        severity: weaker ? 'error' : 'warning',
      },
    ]
  })
}

const RUNNER =
  /\b(?:vitest|jest|mocha|ava|tape|tap|node\s+--test|tsx\s+--test|jasmine|karma|cypress|playwright|pytest|tsc|bun\s+test|deno\s+test)\b/g
const sameRunner = (before: string, after: string): boolean =>
  (before.match(RUNNER) ?? []).every((runner) => after.includes(runner)) &&
  !(before.match(RUNNER) === null && after.length < before.length)

function scriptsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  try {
    const parsed: unknown = JSON.parse(lines.join('\n'))
    if (typeof parsed !== 'object' || parsed === null || !('scripts' in parsed)) return new Map()
    const { scripts } = parsed
    if (typeof scripts !== 'object' || scripts === null) return new Map()
    return new Map(Object.entries(scripts).map(([name, script]) => [name, String(script)]))
  } catch {
    return new Map()
  }
}

const snapshotFindings = ({ change }: ChangedFile): readonly Finding[] =>
  change.kind === 'added'
    ? []
    : [
        {
          rule: 'test.snapshot_changed',
          path: change.path,
          message: `the recorded expectation is ${change.kind}; compare it by eye`,
          severity: 'warning',
        },
      ]

function ruleFindings(
  path: string,
  added: { readonly line: number; readonly text: string },
  rules: readonly LineRule[],
): readonly Finding[] {
  const text = added.text.slice(0, 2_000)
  if (/^\s*(?:\/\/(?!\s*@ts)|\*)/.test(text)) return []
  return rules
    .filter((rule) => rule.expression.test(text))
    .map((rule) => ({
      rule: rule.rule,
      path,
      line: added.line,
      message: `${rule.said}: ${text.trim().slice(0, 120)}`,
      severity: 'error',
    }))
}
