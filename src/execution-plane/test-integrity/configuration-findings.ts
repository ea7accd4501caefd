import { addedLines, linesOf, removedLines, type ChangedText } from './changed-text.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { matches } from './line-findings.ts'
import { CONFIGURATION_LINE_RULES, TEST_LINE_RULES, THRESHOLD } from './runner-lines.ts'
import { languageOf } from './test-files.ts'

/** What a change of a runner's, a compiler's or CI's configuration gives way in. */
export function configurationFindings(file: ChangedText): readonly IntegrityFinding[] {
  const { path } = file
  if (file.after === undefined)
    return file.before === undefined
      ? []
      : [
          {
            rule: 'runner.configuration_deleted',
            path,
            line: 1,
            side: 'base',
            severity: 'error',
            message: `${path} configures the test run and is deleted`,
          },
        ]
  const language = languageOf(path)
  const rules = [
    ...CONFIGURATION_LINE_RULES,
    ...TEST_LINE_RULES.filter(
      ({ rule }) =>
        language !== undefined &&
        (/^test\.(?:runner_tampered|exit)$/.test(rule) || (language === 'python' && rule === 'test.skipped')),
    ),
  ]
  return [
    ...addedLines(file)
      .filter(({ text }) => !path.endsWith('pyproject.toml') || !/^\s*(?:extend-)?exclude\s*=/.test(text))
      .filter(({ line, text }) => !/^\s*<\/?excludes?>/.test(text) || !isOfOtherPlugin(file, line))
      .filter(({ line, text }) => !/^\s*exclude\s*:/.test(text) || !isOfCoverage(file, line))
      .flatMap(({ line, text }) => matches(path, line, text, rules))
      // A workflow that is new takes nothing from those that were there.
      .map((finding) =>
        file.before === undefined && PIPELINE.test(path) ? { ...finding, severity: 'warning' as const } : finding,
      ),
    ...changedNumbers(file),
    ...scriptFindings(file),
    ...removedSteps(file),
  ]
}

/** An exclusion in a Maven file of a plugin that runs no tests, such as one that compares interfaces. */
function isOfOtherPlugin({ path, after = '' }: ChangedText, line: number): boolean {
  if (!path.endsWith('pom.xml')) return false
  const above = linesOf(after).slice(0, line).join('\n')
  const plugin = above.slice(above.lastIndexOf('<plugin>'))
  const name = /<artifactId>\s*([\w.-]+)/.exec(plugin)?.[1]
  return above.includes('<plugin>') && name !== undefined && !/surefire|failsafe|jacoco|test|pitest/i.test(name)
}

/** A list of what is not measured, in a block of coverage that had such a list before: it takes no test out. */
function isOfCoverage({ before = '', after = '' }: ChangedText, line: number): boolean {
  const above = linesOf(after).slice(0, line)
  const depth = (text: string) => /^\s*/.exec(text)?.[0].length ?? 0
  const own = depth(above.at(-1) ?? '')
  const holder = above.findLast((text) => text.trim() !== '' && depth(text) < own) ?? ''
  return /^\s*coverage\s*:/.test(holder) && /\bcoverage\s*:\s*\{[^}]*\bexclude\s*:/.test(before)
}

/** Keys whose number is patience: raising it hides what is slow or fails now and then. */
const PATIENCE =
  /["']?\b(test_?timeout|timeout|hookTimeout|timeout-minutes|retry|retries|maxRetries|reruns|attempts|max-attempts|slowTestThreshold|max-warnings|maxfail)\b["']?\s*[:=\s]\s*["']?(\d+(?:\.\d+)?)/i

/** A demand that was lowered, or a patience that was raised. */
function changedNumbers(file: ChangedText): readonly IntegrityFinding[] {
  const was = removedLines(file).map(({ text }) => text)
  return addedLines(file).flatMap(({ line, text }): readonly IntegrityFinding[] => {
    const at = { path: file.path, line, severity: 'error' as const }
    const [demand, old_demand] = numberOf(THRESHOLD, text, was)
    const [patience, old_patience] = numberOf(PATIENCE, text, was)
    if (demand !== undefined && old_demand !== undefined && demand.value < old_demand)
      return [
        {
          ...at,
          rule: 'runner.threshold_lowered',
          message: `${demand.key} is lowered from ${old_demand} to ${demand.value}`,
        },
      ]
    if (patience !== undefined && patience.value > (old_patience ?? Infinity))
      return [
        {
          ...at,
          rule: 'runner.patience_raised',
          message: `${patience.key} is raised from ${old_patience} to ${patience.value}`,
        },
      ]
    return []
  })
}

interface Keyed {
  readonly key: string
  readonly value: number
}

function numberOf(
  expression: RegExp,
  text: string,
  was: readonly string[],
): readonly [Keyed | undefined, number | undefined] {
  const found = keyed(expression, text)
  const old =
    found === undefined
      ? undefined
      : was.map((line) => keyed(expression, line)).find((entry) => entry?.key === found.key)
  return [found, old?.value]
}

function keyed(expression: RegExp, text: string): Keyed | undefined {
  const match = expression.exec(text.slice(0, 2_000))
  return match === null ? undefined : { key: (match[1] ?? '').toLowerCase(), value: Number(match[2]) }
}

const RUNS_TESTS =
  /\b(?:npm (?:run )?(?:test|lint|typecheck)|yarn (?:run )?(?:test|lint)|pnpm (?:run )?(?:test|lint)|vitest|jest|mocha|node --test|pytest|tox|nox|unittest|go (?:test|vet)|cargo (?:nextest|test|clippy)|mvn\b.*\b(?:test|verify|install)|gradlew?\b.*\b(?:test|check|build)|make (?:test|check)|rspec|rake test|phpunit|dotnet test|ctest|mypy|ruff|eslint|codecov|coverage|tsc)\b/
const PIPELINE =
  /(?:^|\/)\.github\/workflows\/|\.gitlab-ci\.ya?ml$|\.travis\.yml$|azure-pipelines|Jenkinsfile|\.circleci\/|[Mm]akefile$|tox\.ini$|justfile$|Taskfile|appveyor/

const LINTS = /lint|typecheck|clippy|vet|mypy|ruff|tsc/
const toolOf = (text: string): string | undefined => (/^\s*#/.test(text) ? undefined : RUNS_TESTS.exec(text)?.[0])
/** One tool, or another of its kind: what runs tests under another name still runs them. */
const isLike = (tool: string, other: string): boolean =>
  tool.split(' ')[0] === other.split(' ')[0] || (!LINTS.test(tool) && !LINTS.test(other))

/** Steps of CI, or targets, that ran tests or checks and do so no more. */
function removedSteps(file: ChangedText): readonly IntegrityFinding[] {
  if (!PIPELINE.test(file.path)) return []
  const left = addedLines(file).flatMap(({ text }) => toolOf(text) ?? [])
  const steps: readonly IntegrityFinding[] = removedLines(file).flatMap(({ line, text }) => {
    const ran = toolOf(text)
    const same = ran === undefined ? -1 : left.findIndex((tool) => isLike(tool, ran))
    if (same >= 0) left.splice(same, 1)
    if (ran === undefined || same >= 0) return []
    return [
      {
        rule: 'runner.step_removed',
        path: file.path,
        line,
        side: 'base' as const,
        severity: 'error' as const,
        message: `a step that checks is taken out: ${text.trim().slice(0, 120)}`,
      },
    ]
  })
  const never = addedLines(file).flatMap(({ line, text }): readonly IntegrityFinding[] =>
    /^\s*-?\s*if:\s*["']?(?:\$\{\{\s*)?false\b|^\s*when:\s*(?:manual|never)\b/.test(text)
      ? [
          {
            rule: 'runner.step_removed',
            path: file.path,
            line,
            severity: 'error',
            message: `a step never runs: ${text.trim().slice(0, 120)}`,
          },
        ]
      : [],
  )
  return [...steps, ...never]
}

/** The test scripts of a package.json, compared as data. */
function scriptFindings({ path, before, after }: ChangedText): readonly IntegrityFinding[] {
  if (!/(?:^|\/)package\.json$/.test(path) || before === undefined || after === undefined) return []
  const [old, now] = [scriptsOf(before), scriptsOf(after)]
  const fresh = [...now].filter(([name]) => !old.has(name)).map(([, script]) => script)
  return [...old].flatMap(([name, script]): readonly IntegrityFinding[] => {
    if (!/^(?:pre|post)?test\b|^(?:typecheck|check|verify|ci|lint|coverage)\b/.test(name) || now.get(name) === script)
      return []
    const said = now.get(name)
    if (said === undefined && fresh.includes(script)) return []
    const message = `the script ${name} is ${said === undefined ? 'removed' : `changed to: ${said.slice(0, 120)}`}`
    const rule = said === undefined ? 'runner.script_removed' : 'runner.script_changed'
    const line = after.slice(0, Math.max(0, after.indexOf(`"${name}"`))).split('\n').length
    return [
      { rule, path, line, message, severity: said === undefined || !sameRunner(script, said) ? 'error' : 'warning' },
    ]
  })
}

const RUNNER =
  /\b(?:vitest|jest|mocha|ava|tape|tap|c8|nyc|borp|xo|standard|eslint|tsd|node\s+--test|tsx\s+--test|jasmine|karma|cypress|playwright|pytest|tsc|bun\s+test|deno\s+test|npm (?:run )?[\w:-]+|(?:yarn|pnpm) [\w:-]+)/g
const sameRunner = (before: string, after: string): boolean => {
  const names = before.match(RUNNER)
  return names === null ? after.length >= before.length : names.every((runner) => after.includes(runner))
}

function scriptsOf(text: string): ReadonlyMap<string, string> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('scripts' in parsed)) return new Map()
    const { scripts } = parsed
    if (typeof scripts !== 'object' || scripts === null) return new Map()
    return new Map(Object.entries(scripts).map(([name, script]) => [name, String(script)]))
  } catch {
    return new Map()
  }
}
