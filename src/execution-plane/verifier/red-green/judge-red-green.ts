import type { Finding, Verdict } from '#domain/gate'
import { asksForRed, isRed, type ProvedTest, type RedGreenReport, type RedGreenRule } from '#domain/verification'

const MOST_FINDINGS = 30
const MOST_NAMES = 5

const NOT_REQUIRED: Partial<Readonly<Record<RedGreenRule, string>>> = {
  transform_has_no_tests: 'a rule or a command changes code by its own definition',
  refactoring_keeps_tests_green: 'a refactoring keeps behaviour, so its tests are green before and after',
  docs_need_no_test: 'nothing but documents was changed',
  dependencies_need_no_test: 'a dependency update keeps behaviour, so its tests are green before and after',
  tests_only: 'nothing but tests was changed, so there is no change without them to be red on',
  no_new_test: 'no test was changed; only a fix owes one',
}

/** What the judgement is made of. */
interface Seen {
  readonly report: RedGreenReport
  /** Why the tests could not be run without the change; absent: they were. */
  readonly unavailable?: string
  /** Artifacts that show it. */
  readonly evidence: readonly string[]
}

/**
 * The red-green gate. A fix needs a test that fails without it by what it sees, or that cannot run there where nothing else
 * is possible; new tests of a feature must fail without it, and no new test may do now this and now that. What else
 * passes without the change, or has nothing to do with it, is named and proves nothing.
 */
export function judgeRedGreen({ report, unavailable, evidence }: Seen): Verdict {
  const { rule, tests, unsteady } = report
  const verdict = (answer: Verdict['answer'], reason: string, findings: readonly Finding[] = []): Verdict => ({
    gate: 'red_green',
    answer,
    decided_by: 'deterministic',
    reason,
    findings: findings.slice(0, MOST_FINDINGS),
    evidence,
  })
  const idle = tests.filter((test) => !isRed(test))
  const findings = [...unsteadyFindings(report), ...idle.map((test) => finding(test, 'warning'))]
  if (unsteady.length > 0) {
    const named = unsteady.map(({ id }) => id)
    return verdict(
      'fail',
      `${many(unsteady.length, 'new test')} ${unsteady.length === 1 ? 'does' : 'do'} not do the same each time: ${list(named)}`,
      findings,
    )
  }
  if (!asksForRed(rule)) return verdict('not_required', `rule ${rule}: ${NOT_REQUIRED[rule] ?? rule}`, findings)
  if (unavailable !== undefined)
    return verdict('unavailable', `the tests could not be run without the change: ${unavailable}`, findings)
  const red = tests.filter(isRed)
  if (rule === 'fix_needs_a_red_test' && report.absence?.is_enough === false && !tests.some(isAsserted))
    return verdict('fail', `no test fails without the fix for what it does: ${report.absence.reason}`, [
      ...findings.map((each) => ({ ...each, severity: 'error' as const })),
      ...red.map((test) => finding(test, 'error')),
    ])
  if (red.length > 0) return verdict('pass', passed(red, idle), findings)
  if (rule === 'new_tests_are_red' && tests.length === 0)
    return verdict(
      'not_required',
      'rule no_new_test: the tests that were touched are the same ones as before',
      findings,
    )
  return verdict('fail', failed(rule, idle), [
    ...findings.map((each) => ({ ...each, severity: 'error' as const })),
    ...(findings.length === 0
      ? [{ rule: 'red_green.no_red_test', message: failed(rule, idle), severity: 'error' as const }]
      : []),
  ])
}

/** What an agent that has to repair reads of the gate. */
export function redGreenText(report: RedGreenReport, verdict: Verdict): string {
  const lines = report.tests.map(({ id, proof, reason }) => `- ${id}: ${proof} (${reason})`)
  const unsteady = report.unsteady.map(
    ({ id, passed: times, outcomes }) =>
      `- ${id}: passed ${times} of ${outcomes} times on the same tree. Make it independent of order, time, chance and what it leaves behind.`,
  )
  const advice =
    report.unsteady.length > 0
      ? 'Every new test must do the same each time it is run, in any order.'
      : 'Write a test of the behaviour that the task asks for: one that fails on the base commit, where only your test files are put, by what it sees the code do and not because something is missing there; it has to run the lines you changed, and passes with your change. Do not change the behaviour for the test’s sake.'
  return [`red_green: ${verdict.answer}. ${verdict.reason}`, ...unsteady, ...lines.slice(0, 20), advice].join('\n')
}

const isAsserted = ({ proof }: ProvedTest): boolean => proof === 'red_green'

function passed(red: readonly ProvedTest[], idle: readonly ProvedTest[]): string {
  const absent = red.filter(({ proof }) => proof === 'red_by_absence').length
  const how =
    absent === 0
      ? ''
      : absent === red.length
        ? ' (red by absence: what it needs is not there)'
        : ` (${absent} red by absence)`
  const rest =
    idle.length === 0
      ? ''
      : `; ${many(idle.length, 'test')} ${idle.length === 1 ? 'proves' : 'prove'} nothing: ${list(idle.map(({ id }) => id))}`
  return `${many(red.length, 'test')} ${red.length === 1 ? 'fails' : 'fail'} without the change${how} and ${red.length === 1 ? 'passes' : 'pass'} with it: ${list(red.map(({ id }) => id))}${rest}`
}

function failed(rule: RedGreenRule, idle: readonly ProvedTest[]): string {
  const green = idle.filter(({ proof }) => proof === 'green_green').map(({ id }) => id)
  if (green.length > 0)
    return green.length === 1
      ? `the new test passes without the change, so it proves nothing about it: ${green[0] ?? ''}`
      : `all ${green.length} new tests pass without the change, so they prove nothing about it: ${list(green)}`
  const unrelated = idle.filter(({ proof }) => proof === 'unrelated')
  if (unrelated.length > 0)
    return `what turns green has not been shown to have to do with the change: ${list(unrelated.map(({ id, reason }) => `${id} (${reason})`))}`
  const others = idle.map(({ id, reason }) => `${id} (${reason})`)
  if (others.length > 0) return `no test is red without the change and green with it: ${list(others)}`
  return rule === 'fix_needs_a_red_test'
    ? 'a fix needs a test that fails without it, and there is none: no test was added or mended by this change'
    : 'no new test is red without the change'
}

const unsteadyFindings = ({ unsteady, orders }: RedGreenReport): readonly Finding[] =>
  unsteady.map(({ id, passed: times, outcomes }) => ({
    rule: 'red_green.unsteady',
    message: `${id} passed ${times} of ${outcomes} times on the same tree (orders: as is, ${orders.join(', ')})`,
    severity: 'error',
  }))

const finding = ({ id, proof, reason }: ProvedTest, severity: Finding['severity']): Finding => ({
  rule: `red_green.${proof}`,
  message: `${id}: ${reason}`,
  severity,
})

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const list = (ids: readonly string[]): string =>
  `${ids.slice(0, MOST_NAMES).join('; ')}${ids.length > MOST_NAMES ? ` and ${ids.length - MOST_NAMES} more` : ''}`
