import { isStandIn } from './compare-tests.ts'
import { failsMoreOften, isExplainedByChance, type FailureCount } from './flake-score.ts'
import { machineFault } from './machine-fault.ts'
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
  /** Further reports of the base commit; absent: it was verified once. */
  readonly base_repeats?: readonly VerificationReport[] | undefined
  /** The first report of the proposed tree. */
  readonly head: VerificationReport
  /** Further reports of the same tree; empty: it was verified once. */
  readonly repeats: readonly VerificationReport[]
  /** Tests whose outcome on the base commit is chance, with how that is known. */
  readonly known_flaky: ReadonlyMap<string, string>
}

/**
 * Puts every failing test and phase of the proposed tree into exactly one class. What the machine did is not asked of
 * anybody; what failed each time before is not this change's doing. What passes when it is run again is chance, unless it
 * fails significantly more often than on the base commit. What fails every time is the change's, also where it is known
 * as flaky, unless the base commit was seen often enough and fails so often that chance explains it. A limit that ended
 * a phase once and not again was the machine's; one that ends it every time is the change's.
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
  const base = countOf(test.id, [facts.baseline, ...(facts.base_repeats ?? [])])
  if (base.outcomes > 0 && base.failed === base.outcomes)
    return of('pre_existing', `it fails on the base commit as well${base.outcomes > 1 ? `, ${timesOf(base)}` : ''}`)
  const machine = machineFault(phase)
  if (machine !== undefined) return of('infrastructure', machine)
  const head = countOf(test.id, [facts.head, ...facts.repeats])
  const known = facts.known_flaky.get(test.id)
  const before = base.failed > 0 ? `, ${timesOf(base)} on the base commit` : ''
  if (head.failed < head.outcomes) {
    if (failsMoreOften(base, head))
      return of('mine', `it fails ${timesOf(head)}${before || `, and never in ${base.outcomes} on the base commit`}`)
    const again = { failed: head.outcomes - head.failed, outcomes: head.outcomes - 1 }
    return of('flaky', `it passed in ${timesOf(again)} repetitions on the same tree${known ? `; ${known}` : before}`)
  }
  if (isStandIn(test)) return of('mine', 'it could run on the base commit and cannot any more')
  if (isExplainedByChance(base, head))
    return of('flaky', `it fails ${timesOf(head)}${before}, which chance explains; nothing is proved by it`)
  const times = head.outcomes === 1 ? '' : `, ${head.outcomes} times of ${head.outcomes}`
  const history = known === undefined ? before : `, although it is known as flaky: ${known}`
  return of(
    'mine',
    `${base.outcomes === 0 ? 'it is new and fails' : 'it passed on the base commit and fails'}${times}${history}`,
  )
}

const timesOf = ({ failed, outcomes }: FailureCount): string => `${failed} of ${outcomes}`

function countOf(id: string, reports: readonly VerificationReport[]): FailureCount {
  const ran = outcomesOf(id, reports).filter(({ outcome }) => outcome !== 'skipped')
  return { failed: ran.filter(isFailing).length, outcomes: ran.length }
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
