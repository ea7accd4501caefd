import { isStandIn } from './compare-tests.ts'
import type { PhaseReport, TestResult, VerificationReport } from './report.ts'

/**
 * What a new or changed test does without the change and with it. `not_compilable` counts as red: what it asks for is not
 * there yet. `not_run` says nothing, and neither do `green_green` and `red_red`.
 */
type TestProof = 'red_green' | 'green_green' | 'red_red' | 'not_compilable' | 'not_run'

/** One test, or one phase without test results, that shows what a change does. */
export interface ProvedTest {
  readonly id: string
  readonly proof: TestProof
  /** False for one that the base commit has as well. */
  readonly is_new: boolean
  readonly reason: string
}

/** A new test that does not do the same each time. */
export interface UnsteadyTest {
  readonly id: string
  readonly passed: number
  readonly outcomes: number
}

/** What the red-green gate saw; `tree` is the base with nothing but the tests of the head, for anybody to run again. */
export interface RedGreenReport {
  readonly schema: 'gander.red-green/v1'
  readonly rule: RedGreenRule
  readonly base_tree: string
  readonly head_tree: string
  /** Null where no tree had to be made: no test was changed, or nothing but tests. */
  readonly tree: string | null
  /** Tests of the change, as paths. */
  readonly test_files: readonly string[]
  readonly tests: readonly ProvedTest[]
  /** How often new tests were run on the head besides its verification, in which orders; 0: there was none to repeat. */
  readonly repeated: number
  readonly orders: readonly string[]
  readonly unsteady: readonly UnsteadyTest[]
}

/** What is asked of a change; all but the first two ask for nothing. */
export type RedGreenRule =
  | 'fix_needs_a_red_test'
  | 'new_tests_are_red'
  | 'transform_has_no_tests'
  | 'refactoring_keeps_tests_green'
  | 'docs_need_no_test'
  | 'dependencies_need_no_test'
  | 'tests_only'
  | 'no_new_test'

/** What the rule is chosen by. */
export interface RedGreenFacts {
  readonly capability: string
  readonly agent: 'native' | 'guest' | 'transform'
  readonly is_fix: boolean
  /** Changed paths that are no tests and no documents. */
  readonly code_files: number
  readonly test_files: number
}

/** Which rule a task's change is held to. */
export function redGreenRule({ capability, agent, is_fix, code_files, test_files }: RedGreenFacts): RedGreenRule {
  if (agent === 'transform') return 'transform_has_no_tests'
  if (capability === 'maintenance.refactoring') return 'refactoring_keeps_tests_green'
  if (capability === 'maintenance.dependency_update') return 'dependencies_need_no_test'
  if (code_files === 0) return test_files === 0 ? 'docs_need_no_test' : 'tests_only'
  if (is_fix) return 'fix_needs_a_red_test'
  return test_files === 0 ? 'no_new_test' : 'new_tests_are_red'
}

/** True where a rule asks for a test that is red without the change. */
export const asksForRed = (rule: RedGreenRule): boolean =>
  rule === 'fix_needs_a_red_test' || rule === 'new_tests_are_red'

/** The reports that are compared: the base commit, the base with the tests of the head, and the head. */
export interface RedGreenReports {
  readonly base: VerificationReport
  /** The base's own where no test was changed. */
  readonly without: VerificationReport
  readonly head: VerificationReport
  /** Tests of the base commit whose outcome is chance: what they do proves nothing. */
  readonly flaky: ReadonlySet<string>
}

/** What each new or changed test shows; tests that do the same on the base commit with and without them are left out. */
export function proveTests({ base, without, head, flaky }: RedGreenReports): readonly ProvedTest[] {
  const before = byId(base)
  const red = byId(without)
  const uncompiled = newStandIns(before, red) ?? uncompiledPhase(base, without)
  const endless = endlessPhase(base, without)
  const proved: ProvedTest[] = []
  for (const test of testsOf(head)) {
    const known = before.get(test.id)
    if (test.outcome === 'skipped' || isStandIn(test) || flaky.has(test.id)) continue
    // What fails before and after is not this change's doing.
    if (known !== undefined && isFailing(known) && isFailing(test)) continue
    const shown = red.get(test.id) ?? (known !== undefined && isFailing(known) ? known : undefined)
    // Where only the tests of the change were run, the others are as they were.
    if (known !== undefined && !isFailing(known) && (shown === undefined || shown.outcome === known.outcome)) continue
    proved.push({ id: test.id, is_new: known === undefined, ...proofOf(test, shown, { known, uncompiled, endless }) })
  }
  return [...proved, ...provePhases({ base, without, head })]
}

/** True for a proof that shows what the change does. */
export const isRed = ({ proof }: Pick<ProvedTest, 'proof'>): boolean =>
  proof === 'red_green' || proof === 'not_compilable'

interface Ground {
  readonly known: TestResult | undefined
  readonly uncompiled: string | undefined
  readonly endless: string | undefined
}

type Proof = Pick<ProvedTest, 'proof' | 'reason'>

function proofOf(test: TestResult, shown: TestResult | undefined, { known, uncompiled, endless }: Ground): Proof {
  const passes = !isFailing(test)
  if (shown === undefined || shown.outcome === 'skipped') {
    if (shown === undefined && uncompiled !== undefined && passes)
      return { proof: 'not_compilable', reason: `without the change it cannot be run: ${uncompiled}` }
    if (shown === undefined && endless !== undefined && passes)
      return { proof: 'red_green', reason: `without the change ${endless} does not end, and with it the test passes` }
    return { proof: 'not_run', reason: 'without the change it was not run, so nothing is known' }
  }
  if (!isFailing(shown))
    return passes
      ? { proof: 'green_green', reason: 'it passes without the change, so it proves nothing about it' }
      : { proof: 'not_run', reason: 'it passes without the change and fails with it' }
  if (!passes) return { proof: 'red_red', reason: 'it fails without the change and with it' }
  const where = known !== undefined && isFailing(known) ? 'on the base commit' : 'without the change'
  const said = firstWords(shown.message ?? '')
  return { proof: 'red_green', reason: `it fails ${where}${said === '' ? '' : ` (${said})`} and passes with it` }
}

/** What a failure says in one line; Python says it last. */
function firstWords(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '')
  return ((message.startsWith('Traceback') ? lines.at(-1) : lines[0]) ?? '').trim().slice(0, 200)
}

/** Phases that give no result by test: the whole phase is the test, where it is red without the change. */
function provePhases({ base, without, head }: Omit<RedGreenReports, 'flaky'>): readonly ProvedTest[] {
  return head.phases.flatMap((phase): ProvedTest[] => {
    const shown = phaseOf(without, phase.id)
    const known = phaseOf(base, phase.id)
    if (!phase.required || phase.outcome !== 'passed' || phase.tests.length > 0) return []
    if (shown?.outcome !== 'failed' || shown.tests.length > 0) return []
    const kind = shown.diagnosis?.classification
    if (kind === 'setup_failure' || kind === 'out_of_memory' || kind === 'timeout') return []
    const proof = kind === 'compile_error' ? 'not_compilable' : 'red_green'
    const reason = `the phase fails without the change (${kind ?? 'failed'}) and passes with it`
    return [{ id: `phase ${phase.id}`, proof, is_new: known?.outcome === 'passed', reason }]
  })
}

/** Stand-ins that only the tests of the head bring to the base: what they need is not there. */
function newStandIns(
  before: ReadonlyMap<string, TestResult>,
  red: ReadonlyMap<string, TestResult>,
): string | undefined {
  const [first] = [...red.values()].filter((test) => isLoadFailure(test) && !before.has(test.id))
  return first === undefined ? undefined : `${first.id} ${first.message?.split('\n', 1)[0] ?? ''}`.trim().slice(0, 300)
}

/** Runners that know no stand-in name the file, or the module that could not be loaded. */
const isLoadFailure = (test: TestResult): boolean =>
  isStandIn(test) ||
  (isFailing(test) &&
    /ModuleNotFoundError|ImportError|SyntaxError|Cannot find module|has no exported member|does not provide an export/.test(
      test.message ?? '',
    ))

/** A phase that compiles or loads on the base commit and does not with the tests of the head. */
function uncompiledPhase(base: VerificationReport, without: VerificationReport): string | undefined {
  const failed = without.phases.find(({ id, outcome, diagnosis, tests }) => {
    const kind = diagnosis?.classification
    const loads = kind === 'compile_error' || (tests.length === 0 && (kind === 'crash' || kind === 'test_failure'))
    return outcome === 'failed' && loads && phaseOf(base, id)?.diagnosis?.classification !== kind
  })
  const cause = failed?.diagnosis?.root_causes[0]
  if (failed?.diagnosis === undefined) return undefined
  const place = cause?.file === undefined ? '' : `${cause.file}${cause.line === undefined ? '' : `:${cause.line}`} `
  return `${failed.id} (${failed.diagnosis.classification}) ${place}${cause?.message ?? ''}`.trim().slice(0, 300)
}

/** A phase that ends in time on the base commit and does not with the tests of the head. */
const endlessPhase = (base: VerificationReport, without: VerificationReport): string | undefined =>
  base.phases.every(({ outcome }) => outcome !== 'timed_out')
    ? without.phases.find(({ outcome }) => outcome === 'timed_out')?.id
    : undefined

const phaseOf = (report: VerificationReport, id: string): PhaseReport | undefined =>
  report.phases.find((phase) => phase.id === id)

const testsOf = (report: VerificationReport): readonly TestResult[] => report.phases.flatMap((phase) => phase.tests)

const byId = (report: VerificationReport): ReadonlyMap<string, TestResult> =>
  new Map(testsOf(report).map((test) => [test.id, test]))

const isFailing = ({ outcome }: TestResult): boolean => outcome === 'failed' || outcome === 'error'
