import {
  isTestKind,
  PHASE_KINDS,
  phaseKind,
  type Check,
  type PlanRow,
  type StrengthReport,
  type TestResult,
  type VerificationPlan,
  type VerificationReport,
} from '#domain/verification'
import type { FoundRung } from './find-rungs.ts'

/** What is known when the table is made. */
export interface RowFacts {
  readonly plan: VerificationPlan
  readonly before: VerificationReport
  readonly after: VerificationReport
  readonly rungs: readonly FoundRung[]
  /** Rungs that were run, in a verification of their own; absent: none was. */
  readonly rung_report?: VerificationReport
  /** The same rungs on the base commit; absent: they did not fail, so nobody looked. */
  readonly base_rung_report?: VerificationReport
  readonly strength: Pick<StrengthReport, 'base_tests' | 'coverage' | 'mutants' | 'kill_ratio' | 'mutants_reason'>
}

type Outcome = Omit<PlanRow, 'check' | 'demand'>

/** The table of a plan: each check, whether it was asked for, what came of it, and why it was not run. */
export function planRows(facts: RowFacts): readonly PlanRow[] {
  const { required, optional } = facts.plan
  const row =
    (demand: PlanRow['demand']) =>
    (check: Check): PlanRow => ({ check, demand, ...outcomeOf(check, facts) })
  return [...required.map(row('required')), ...optional.map(row('optional'))]
}

const notRun = (not_run_reason: string): Outcome => ({ outcome: 'not_run', not_run_reason })

function outcomeOf(check: Check, facts: RowFacts): Outcome {
  const kind = PHASE_KINDS.find((one) => one === check)
  if (kind !== undefined) return ofPhases(check, facts)
  return (OWN[check] ?? ofRung(check))(facts)
}

type Reader = (facts: RowFacts) => Outcome

/** Checks that are neither a kind of phase nor a rung of the repository. */
const OWN: { readonly [check in Check]?: Reader } = {
  diff_review: () => notRun('it comes after the tests: see the judge'),
  base_tests: ofBaseTests,
  changed_line_coverage: ofCoverage,
  mutation: ofMutants,
}

function ofPhases(check: Check, { before, after }: RowFacts): Outcome {
  const own = after.phases.filter((phase) => phaseKind(phase) === check)
  if (own.length > 0) return summed(own, before)
  const part = check === 'focused_tests' || check === 'module_tests'
  const tests = after.phases.filter((phase) => isTestKind(phaseKind(phase)))
  if (part && tests.length > 0) return { ...summed(tests, before), detail: 'among all tests' }
  if (check === 'compile') return notRun('nothing is compiled before the tests')
  return notRun(`the profile has no phase for ${check.replaceAll('_', ' ')}`)
}

function summed(phases: VerificationReport['phases'], before: VerificationReport | undefined): Outcome {
  const named = phases.map(({ id }) => id).join(', ')
  const bad = phases.find(({ outcome }) => outcome === 'failed' || outcome === 'timed_out')
  if (bad !== undefined) {
    const known = before?.phases.find(({ id }) => id === bad.id)?.outcome
    const old = known === 'failed' || known === 'timed_out' ? { pre_existing: true as const } : {}
    return { outcome: 'failed', detail: `${bad.id} ${bad.outcome.replace('_', ' ')}`, ...old }
  }
  const left = phases.find(({ outcome }) => outcome === 'not_run')
  if (left !== undefined && phases.every(({ outcome }) => outcome === 'not_run'))
    return notRun(left.not_run_reason ?? `${left.id} was not run`)
  return { outcome: 'passed', detail: named }
}

function ofBaseTests({ strength: { base_tests } }: RowFacts): Outcome {
  if (!base_tests.ran) return notRun(base_tests.reason)
  const { bent } = base_tests
  return bent.length === 0
    ? { outcome: 'passed', detail: base_tests.reason }
    : {
        outcome: 'failed',
        detail: `${bent.length === 1 ? '1 test' : `${bent.length} tests`} of the base commit against the proposed sources`,
      }
}

function ofCoverage({ plan, strength: { coverage } }: RowFacts): Outcome {
  if (!coverage.measured) return notRun(coverage.reason)
  const { covered, executable, by } = coverage
  const detail = `${covered} of ${executable} changed lines reached, by ${by}`
  return { outcome: plan.coverage !== null && covered / executable < plan.coverage ? 'failed' : 'passed', detail }
}

function ofMutants({ plan, strength, rungs }: RowFacts): Outcome {
  const tried = strength.mutants.filter(({ outcome }) => outcome !== 'invalid' && outcome !== 'not_run')
  if (tried.length === 0) {
    const own = rungs.find(({ rung }) => rung === 'mutation')?.not_run_reason
    return notRun(strength.mutants_reason ?? own ?? 'no mutant could be tried')
  }
  const killed = tried.filter(({ outcome }) => outcome === 'killed').length
  const short = strength.mutants_reason === undefined ? '' : `; ${strength.mutants_reason}`
  const weak = plan.kill_ratio !== null && (strength.kill_ratio ?? 1) < plan.kill_ratio
  const escaped = tried.some(({ outcome }) => outcome === 'escaped')
  return {
    outcome: weak || escaped ? 'failed' : 'passed',
    detail: `${killed} of ${tried.length} mutants noticed${short}`,
  }
}

/** Results of some files, by the file that a runner names or by the beginning of their ids. */
const testsIn = (phases: VerificationReport['phases'], files: readonly string[]): readonly TestResult[] =>
  phases
    .flatMap(({ tests }) => tests)
    .filter(({ id, file }) => files.some((path) => file === path || id === path || id.startsWith(`${path}::`)))

function ofTests(tests: readonly TestResult[], found_by: string, before: VerificationReport): Outcome {
  const bad = tests.filter(({ outcome }) => outcome === 'failed' || outcome === 'error')
  const passed = tests.filter(({ outcome }) => outcome === 'passed').length
  const known = new Map(before.phases.flatMap((phase) => phase.tests).map(({ id, outcome }) => [id, outcome]))
  const isOld = bad.every(({ id }) => ['failed', 'error'].includes(known.get(id) ?? ''))
  const detail = `${found_by}, ${passed} of ${tests.length} of its tests pass, among all tests`
  if (bad.length > 0) return { outcome: 'failed', detail, ...(isOld && { pre_existing: true as const }) }
  return passed === 0 ? notRun(`${found_by}: its tests were skipped`) : { outcome: 'passed', detail }
}

const ofRung =
  (check: Check): Reader =>
  ({ rungs, rung_report, base_rung_report, before, after }) => {
    const found = rungs.find(({ rung }) => rung === check)
    if (found === undefined) return notRun(`the repository has no ${check} tests`)
    if (found.not_run_reason !== undefined) return notRun(`${found.found_by}: ${found.not_run_reason}`)
    if (found.phase === undefined) {
      const tests = after.phases.filter((phase) => isTestKind(phaseKind(phase)))
      if (tests.length === 0) return notRun('no tests were run')
      const own = found.files === undefined ? [] : testsIn(tests, found.files)
      if (own.length > 0) return ofTests(own, found.found_by, before)
      return { ...summed(tests, before), detail: `${found.found_by}, among all tests` }
    }
    const ran = rung_report?.phases.filter(({ id }) => id === found.phase?.id) ?? []
    if (ran.length === 0) return notRun(`${found.found_by}: the plan does not ask for it`)
    return summed(ran, base_rung_report)
  }
