import { absenceOf, lastWords, missingNames, saidBy, type Absence } from './absence.ts'
import { isStandIn } from './compare-tests.ts'
import { endedByLimit, exhaustedWords, machineFault, networkWords } from './machine-fault.ts'
import type { ProvedTest } from './red-green.ts'
import type { PhaseReport, TestResult, VerificationReport } from './report.ts'

/** The reports that are compared, the base commit, the base with the tests of the head, and the head; and what is known. */
export interface RedGreenReports {
  readonly base: VerificationReport
  /** The base's own where no test was changed. */
  readonly without: VerificationReport
  readonly head: VerificationReport
  /** Tests of the base commit whose outcome is chance: what they do proves nothing. */
  readonly flaky: ReadonlySet<string>
  /** Why a test that the base commit has belongs to the change or the task; undefined: nothing shows that it does. Absent: each does. */
  readonly relation?: (test: TestResult) => string | undefined
  /** True for a name that only the change brings: what lacks it is not wrong, it is not there. Absent: none is known. */
  readonly brings?: ((name: string) => boolean) | undefined
}

/** What each new or changed test shows; tests that do the same on the base commit with and without them are left out. */
export function proveTests(reports: RedGreenReports): readonly ProvedTest[] {
  const { base, without, head, flaky } = reports
  const before = byId(base)
  const red = byId(without)
  const absence = absenceOf(base, without)
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
    const proof = proofOf(test, shown, { known, absence, endless, brings: reports.brings })
    proved.push(related({ id: test.id, is_new: known === undefined, ...proof }, shown ?? test, reports))
  }
  return [...proved, ...provePhases(reports)]
}

/** The tests of a proof, once it is known that none of the red ones runs a changed line: what they look at is not it. */
export const withoutReach = (tests: readonly ProvedTest[], by: string): readonly ProvedTest[] =>
  tests.map((test) =>
    test.proof === 'red_green'
      ? { ...test, proof: 'unrelated', reason: `${test.reason}, but it runs no line that the change touched (${by})` }
      : test,
  )

interface Ground extends Pick<RedGreenReports, 'brings'> {
  readonly known: TestResult | undefined
  readonly absence: Absence | undefined
  readonly endless: string | undefined
}

type Proof = Pick<ProvedTest, 'proof' | 'reason' | 'missing'>

function proofOf(test: TestResult, shown: TestResult | undefined, ground: Ground): Proof {
  const passes = !isFailing(test)
  if (shown === undefined || shown.outcome === 'skipped') return proofOfMissing(passes, shown, ground)
  if (!isFailing(shown))
    return passes
      ? { proof: 'green_green', reason: 'it passes without the change, so it proves nothing about it' }
      : { proof: 'not_run', reason: 'it passes without the change and fails with it' }
  if (!passes) return { proof: 'red_red', reason: 'it fails without the change and with it' }
  const message = shown.message ?? ''
  const machine = exhaustedWords(message) ?? networkWords(message)
  if (machine !== undefined)
    return { proof: 'not_run', reason: `without the change it fails for want of something else: ${machine}` }
  const { known, brings } = ground
  const where = known !== undefined && isFailing(known) ? 'on the base commit' : 'without the change'
  const said = lastWords(message)
  const missing = brings === undefined ? [] : missingNames(message).filter(brings)
  if (missing.length > 0)
    return { proof: 'red_by_absence', missing, reason: `what it calls is not there ${where} (${said})` }
  return { proof: 'red_green', reason: `it fails ${where}${said === '' ? '' : ` (${said})`} and passes with it` }
}

/** A test that gave no result without the change. */
function proofOfMissing(passes: boolean, shown: TestResult | undefined, { absence, endless }: Ground): Proof {
  if (shown === undefined && absence !== undefined && passes) {
    const { reason, missing } = absence
    return { proof: 'red_by_absence', missing, reason: `without the change it cannot be run: ${reason}` }
  }
  if (shown === undefined && endless !== undefined && passes)
    return { proof: 'red_green', reason: `without the change ${endless} does not end, and with it the test passes` }
  return { proof: 'not_run', reason: 'without the change it was not run, so nothing is known' }
}

/** What the base commit has as well must have to do with the change; a new test has, or it would not turn green by it. */
function related(proved: ProvedTest, shown: TestResult, { relation }: RedGreenReports): ProvedTest {
  if (relation === undefined || proved.is_new || (proved.proof !== 'red_green' && proved.proof !== 'red_by_absence'))
    return proved
  const why = relation(shown)
  if (why !== undefined) return { ...proved, relation: why }
  const reason = `${proved.reason}, but neither the task nor the change names it, and it names nothing that was changed`
  return { ...proved, proof: 'unrelated', reason }
}

/** Phases that give no result by test: the whole phase is the test, where it is red without the change. */
function provePhases(reports: RedGreenReports): readonly ProvedTest[] {
  const { base, without, head } = reports
  return head.phases.flatMap((phase): ProvedTest[] => {
    const shown = phaseOf(without, phase.id)
    const known = phaseOf(base, phase.id)
    if (!phase.required || phase.outcome !== 'passed' || shown?.outcome !== 'failed') return []
    // Where the base commit itself does not compile, no test of it could have been red.
    const uncompiled = isUncompiled(shown) && known !== undefined && isUncompiled(known)
    if (!uncompiled && (phase.tests.length > 0 || shown.tests.length > 0)) return []
    const kind = shown.diagnosis?.classification
    if (kind === 'setup_failure' || endedByLimit(shown) || machineFault(shown) !== undefined) return []
    const proof = kind === 'compile_error' ? 'red_by_absence' : 'red_green'
    const reason = `the phase fails without the change (${kind ?? 'failed'}) and passes with it`
    const proved: ProvedTest = { id: `phase ${phase.id}`, proof, is_new: known?.outcome === 'passed', reason }
    return [related(proved, { id: proved.id, outcome: 'failed', message: saidBy(shown) }, reports)]
  })
}

/** True for a phase that fails because nothing of it compiles. */
export const isUncompiled = ({ outcome, diagnosis, tests }: PhaseReport): boolean =>
  outcome === 'failed' && diagnosis?.classification === 'compile_error' && tests.every(isStandIn)

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
