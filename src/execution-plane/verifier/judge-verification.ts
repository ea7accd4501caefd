import type { Finding, Verdict } from '#domain/gate'
import type { Task } from '#domain/task'
import {
  compareTests,
  type PhaseReport,
  type SortedFailure,
  type TestDelta,
  type VerificationReport,
} from '#domain/verification'
import { asksForTestRemoval } from './asks-for-test-removal.ts'

const MOST_FINDINGS = 50

/**
 * The verification gate: the proposed tree against the baseline, by test id. What failed before and still fails is
 * not this change's doing and only warns; what the change breaks, skips or takes away fails. Tests may go without others
 * in their place only where a task's criteria ask for that; without a task they may not. `failures` says of failing
 * tests and phases what is chance or the machine's; without it everything that is new is the change's.
 */
export function judgeVerification(
  baseline: VerificationReport,
  head: VerificationReport,
  task?: Pick<Task, 'success_criteria'>,
  failures: readonly SortedFailure[] = [],
): Verdict {
  const evidence = [
    ...new Set([baseline, head].flatMap((report) => report.phases.flatMap((phase) => phase.log_sha256 ?? []))),
  ]
  const verdict = (answer: Verdict['answer'], reason: string, findings: readonly Finding[] = []): Verdict => ({
    gate: 'verification',
    answer,
    decided_by: 'deterministic',
    reason,
    findings: findings.slice(0, MOST_FINDINGS),
    evidence,
  })
  if (head.outcome === 'unavailable')
    return verdict('unavailable', `the proposed tree could not be verified: ${head.reason}`)
  if (baseline.outcome === 'unavailable') {
    const findings: Finding[] = [{ rule: 'verification.no_baseline', message: baseline.reason, severity: 'warning' }]
    return verdict('unavailable', 'there is no baseline to compare the proposed tree with', findings)
  }
  const delta = compareTests(baseline, head)
  const sorted = sortedBy(failures)
  const removal_asked = task !== undefined && asksForTestRemoval(task)
  const findings = [...testFindings(delta, { head, removal_asked, sorted }), ...phaseFindings(baseline, head, sorted)]
  const errors = findings.filter((finding) => finding.severity === 'error')
  if (errors.length > 0 && errors.every(({ rule }) => MACHINE_RULE.test(rule)))
    return verdict('unavailable', machineSummary(failures), findings)
  if (errors.length > 0) return verdict('fail', summary(errors), sortedByWeight(findings))
  const nothing = provesNothing(head)
  if (nothing !== undefined) return verdict('unavailable', nothing, findings)
  const warned =
    findings.length === 0
      ? ''
      : `; ${findings.length} ${findings.length === 1 ? 'thing' : 'things'} to look at, none new`
  return verdict(
    'pass',
    `${delta.passed_before} ${delta.passed_before === 1 ? 'test' : 'tests'} passed before, ${delta.passed_after} pass now, ${delta.fixed.length} fixed${warned}`,
    findings,
  )
}

type Sorted = (kind: SortedFailure['kind'], id: string) => SortedFailure | undefined

function sortedBy(failures: readonly SortedFailure[]): Sorted {
  const known = new Map(failures.map((failure) => [`${failure.kind} ${failure.id}`, failure]))
  return (kind, id) => known.get(`${kind} ${id}`)
}

const MACHINE_RULE = /\.infrastructure$/

interface TestGround {
  readonly head: VerificationReport
  readonly removal_asked: boolean
  readonly sorted: Sorted
}

function testFindings(delta: TestDelta, { head, removal_asked, sorted }: TestGround): readonly Finding[] {
  const places = new Map(head.phases.flatMap((phase) => phase.tests).map((test) => [test.id, test]))
  const finding =
    (rule: string, severity: Finding['severity'], said: string) =>
    (id: string): Finding => {
      const test = places.get(id)
      return {
        rule,
        severity,
        message: `${id} ${said}`,
        ...(test?.file === undefined ? {} : { path: test.file }),
        ...(test?.line === undefined ? {} : { line: test.line }),
      }
    }
  const ofFailure = (id: string, said: string): Finding => {
    const failure = sorted('test', id)
    if (failure?.origin === 'flaky') return finding('test.flaky', 'warning', `failed by chance: ${failure.reason}`)(id)
    if (failure?.origin === 'infrastructure')
      return finding('test.infrastructure', 'error', `could not be judged: ${failure.reason}`)(id)
    return finding('test.broken', 'error', said)(id)
  }
  // Renamed tests leave one id and bring another; fewer tests than before is loss.
  const lost = delta.removed.length > delta.added.length && !removal_asked
  return [
    ...delta.broken.map((id) => ofFailure(id, 'passed before and fails now')),
    ...delta.newly_skipped.map(finding('test.newly_skipped', 'error', 'ran before and is skipped now')),
    ...delta.removed.map(finding('test.removed', lost ? 'error' : 'warning', 'ran before and is gone')),
    // What failed before by chance alone is none of the change's excuses.
    ...delta.pre_existing.map((id) =>
      sorted('test', id) === undefined || sorted('test', id)?.origin === 'pre_existing'
        ? finding('test.pre_existing', 'warning', 'failed before this change as well')(id)
        : ofFailure(id, `fails now: ${sorted('test', id)?.reason ?? ''}`),
    ),
  ]
}

/** Phases whose failure no single test explains: compilers, crashes, timeouts, no tests. */
function phaseFindings(baseline: VerificationReport, head: VerificationReport, sorted: Sorted): readonly Finding[] {
  const before = new Map(baseline.phases.map((phase) => [phase.id, phase]))
  return head.phases.flatMap((phase): readonly Finding[] => {
    if (phase.outcome === 'passed' || explainedByTests(phase)) return []
    const known = before.get(phase.id)
    const failedBefore = known !== undefined && known.outcome !== 'passed' && !explainedByTests(known)
    const worse = failedBefore && kindOf(known) !== kindOf(phase)
    const known_as = sorted('phase', phase.id)?.origin
    const chance = known_as === 'flaky'
    const severity = !phase.required || chance || (failedBefore && !worse) ? 'warning' : 'error'
    const kind = known_as === 'infrastructure' || chance ? known_as : kindOf(phase)
    const cause = phase.diagnosis?.root_causes[0]
    return [
      {
        rule: failedBefore && !worse ? 'phase.pre_existing' : `phase.${kind}`,
        severity,
        message: `${phase.id} ${phase.outcome === 'not_run' ? `was not run: ${phase.not_run_reason ?? ''}` : `${phase.outcome} (${kindOf(phase)})${cause === undefined ? '' : `: ${cause.message}`}`}`,
        ...(cause?.file === undefined ? {} : { path: cause.file }),
        ...(cause?.line === undefined ? {} : { line: cause.line }),
      },
    ]
  })
}

const kindOf = (phase: PhaseReport): string => phase.diagnosis?.classification ?? phase.outcome

const explainedByTests = (phase: PhaseReport): boolean =>
  phase.outcome === 'failed' &&
  kindOf(phase) === 'test_failure' &&
  phase.tests.some((test) => test.outcome === 'failed' || test.outcome === 'error')

/**
 * Why a proposed tree without a new failure is still unproved. What failed before only warns beside proof that does
 * hold; alone, such as a runner that cannot start or tests of which none passes, it says nothing about the change.
 */
function provesNothing(head: VerificationReport): string | undefined {
  const tests = head.phases.flatMap((phase) => phase.tests)
  if (tests.some((test) => test.outcome === 'passed')) return undefined
  const failed = head.phases.find((phase) => phase.required && phase.outcome !== 'passed')
  if (tests.length === 0 && head.phases.some((phase) => kindOf(phase) === 'no_tests'))
    return 'no test ran on the base commit or on the proposed tree, so nothing is proved'
  if (failed === undefined) return undefined
  const how = tests.length === 0 ? `${failed.id} gives no test result and fails (${kindOf(failed)})` : 'no test passes'
  const said = failed.diagnosis?.excerpt.split('\n').findLast((line) => line.trim() !== '')
  const words = said === undefined ? '' : `; its last words: ${said.trim().slice(0, 200)}`
  return `${how} on the base commit and on the proposed tree, so nothing is proved${words}`
}

function machineSummary(failures: readonly SortedFailure[]): string {
  const first = failures.find(({ origin }) => origin === 'infrastructure')
  return `the machine kept the proposed tree from being verified${first === undefined ? '' : `: ${first.id}: ${first.reason}`}`
}

function summary(errors: readonly Finding[]): string {
  const of = (rule: string) => errors.filter((finding) => finding.rule === rule).length
  const counts = [
    [of('test.broken'), 'broken'],
    [of('test.infrastructure'), 'stopped by the machine'],
    [of('test.newly_skipped'), 'newly skipped'],
    [of('test.removed'), 'removed'],
  ] as const
  const tests = counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${count === 1 ? 'test' : 'tests'} ${what}`)
  const phases = errors
    .filter((finding) => finding.rule.startsWith('phase.'))
    .map((finding) => finding.message.slice(0, 160))
  return [...tests, ...phases].join('; ')
}

const sortedByWeight = (findings: readonly Finding[]): readonly Finding[] =>
  [...findings].sort((left, right) => left.severity.localeCompare(right.severity))
