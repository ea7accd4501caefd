import { isStandIn } from './compare-tests.ts'
import type { PhaseReport, TestResult, VerificationReport } from './report.ts'

/** Why something fails: the machine, the base commit, chance, or the change. */
export type FailureOrigin = 'infrastructure' | 'pre_existing' | 'flaky' | 'mine'

/** One failing test or phase of a proposed tree with the one class it is in. */
export interface SortedFailure {
  readonly kind: 'test' | 'phase'
  readonly id: string
  readonly origin: FailureOrigin
  readonly reason: string
  /** True for a phase that fails because of its tests, which are sorted by themselves. */
  readonly by_tests?: true
}

/** What failures are sorted by. */
export interface SortingFacts {
  readonly baseline: VerificationReport
  /** The first report of the proposed tree. */
  readonly head: VerificationReport
  /** Further reports of the same tree; empty: it was verified once. */
  readonly repeats: readonly VerificationReport[]
  /** Tests whose outcome on the base commit is chance, with how that is known. */
  readonly known_flaky: ReadonlyMap<string, string>
}

/**
 * Puts every failing test and phase of the proposed tree into exactly one class. What the machine did is not asked of
 * anybody; what failed before is not this change's doing; what passes when it is run again is chance, however it failed
 * first. The rest is the change's, also where a known flake fails every time.
 */
export function sortFailures(facts: SortingFacts): readonly SortedFailure[] {
  const of_phases = facts.head.phases.map((phase) => ({ phase, tests: phase.tests.filter(isFailing) }))
  const sorted = new Map<string, SortedFailure>()
  for (const { phase, tests } of of_phases) for (const test of tests) sorted.set(test.id, sortTest(test, phase, facts))
  const phases = of_phases
    .filter(({ phase }) => phase.outcome === 'failed' || phase.outcome === 'timed_out')
    .map(({ phase, tests }) =>
      sortPhase(
        phase,
        tests.flatMap((test) => sorted.get(test.id) ?? []),
        facts,
      ),
    )
  return [...sorted.values(), ...phases]
}

/** The failures of one class. */
export const failuresOf = (failures: readonly SortedFailure[], origin: FailureOrigin): readonly SortedFailure[] =>
  failures.filter((failure) => failure.origin === origin)

function sortTest(test: TestResult, phase: PhaseReport, facts: SortingFacts): SortedFailure {
  const of = (origin: FailureOrigin, reason: string): SortedFailure => ({ kind: 'test', id: test.id, origin, reason })
  const before = outcomesOf(test.id, [facts.baseline])
  if (before.some(isFailing)) return of('pre_existing', 'it fails on the base commit as well')
  const machine = machineFault(phase)
  if (machine !== undefined) return of('infrastructure', machine)
  const again = outcomesOf(test.id, facts.repeats)
  const passed = again.filter(({ outcome }) => outcome === 'passed').length
  const known = facts.known_flaky.get(test.id)
  if (passed > 0)
    return of(
      'flaky',
      `it passed in ${passed} of ${again.length} repetitions on the same tree${known ? `; ${known}` : ''}`,
    )
  if (isStandIn(test)) return of('mine', 'it could run on the base commit and cannot any more')
  const times = again.length === 0 ? '' : `, ${again.length + 1} times of ${again.length + 1}`
  const history = known === undefined ? '' : `, although it is known as flaky: ${known}`
  return of(
    'mine',
    `${before.length === 0 ? 'it is new and fails' : 'it passed on the base commit and fails'}${times}${history}`,
  )
}

const RANK: readonly FailureOrigin[] = ['mine', 'infrastructure', 'flaky', 'pre_existing']

function sortPhase(phase: PhaseReport, tests: readonly SortedFailure[], facts: SortingFacts): SortedFailure {
  const of = (origin: FailureOrigin, reason: string): SortedFailure => ({ kind: 'phase', id: phase.id, origin, reason })
  const worst = RANK.find((origin) => tests.some((test) => test.origin === origin))
  if (worst !== undefined) {
    const many = tests.filter(({ origin }) => origin === worst).length
    return { ...of(worst, `as ${many} of its failing ${tests.length === 1 ? 'test' : 'tests'}`), by_tests: true }
  }
  const machine = machineFault(phase)
  if (machine !== undefined) return of('infrastructure', machine)
  const before = facts.baseline.phases.find(({ id }) => id === phase.id)
  if (before !== undefined && before.outcome !== 'passed' && kindOf(before) === kindOf(phase))
    return of('pre_existing', `it ends like this on the base commit as well (${kindOf(phase)})`)
  const passed = facts.repeats.filter((report) =>
    report.phases.some(({ id, outcome }) => id === phase.id && outcome === 'passed'),
  ).length
  if (passed > 0) return of('flaky', `it passed in ${passed} of ${facts.repeats.length} repetitions on the same tree`)
  return of(
    'mine',
    `it ${before?.outcome === 'passed' ? 'passed on the base commit and ' : ''}fails (${kindOf(phase)})`,
  )
}

const kindOf = (phase: PhaseReport): string => phase.diagnosis?.classification ?? phase.outcome

const isFailing = ({ outcome }: Pick<TestResult, 'outcome'>): boolean => outcome === 'failed' || outcome === 'error'

const outcomesOf = (id: string, reports: readonly VerificationReport[]): readonly TestResult[] =>
  reports.flatMap((report) => report.phases.flatMap((phase) => phase.tests)).filter((test) => test.id === id)

/** What a machine says that has no room, no memory or no processes left; the words are those of libc and the kernel. */
const MACHINE =
  /No space left on device|\bENOSPC\b|Disk quota exceeded|\bEDQUOT\b|Cannot allocate memory|\bENOMEM\b|Resource temporarily unavailable|Too many open files in system|Read-only file system|Input\/output error/i

/**
 * What the machine did to a phase; undefined where nothing shows that. A program can print these words as well: then
 * its tests are not proved, which is never better for a change than failing.
 */
function machineFault(phase: Pick<PhaseReport, 'diagnosis' | 'outcome' | 'exit_code'>): string | undefined {
  const { diagnosis } = phase
  if (phase.outcome === 'passed' || diagnosis === undefined) return undefined
  const said = MACHINE.exec(`${diagnosis.excerpt}\n${diagnosis.root_causes.map(({ message }) => message).join('\n')}`)
  if (said !== null) return `the machine or its sandbox ran out of something: ${said[0]}`
  const killed = phase.outcome === 'failed' && phase.exit_code === null && diagnosis.classification === 'crash'
  return killed ? 'its sandbox was killed from outside' : undefined
}
