import {
  endedByLimit,
  ENOUGH_OUTCOMES,
  failuresOf,
  sortFailures,
  type SortedFailure,
  type VerificationReport,
} from '#domain/verification'

/** More tests than this fail together for a reason. */
const MOST_FLAKY = 5
/** So often a tree is verified where its profile does not say. */
export const USUAL_TIMES = 3
/** What a machine or a limit spoilt is verified again this often. */
export const MOST_SPOILT = 2

/** What is known before a tree is verified again. */
interface Ground {
  readonly baseline: VerificationReport
  readonly base_repeats?: readonly VerificationReport[] | undefined
  readonly known_flaky: ReadonlyMap<string, string>
  /** So often a tree is verified in all before what fails each time has failed; absent means three times. */
  readonly times?: number | undefined
}

/** What several reports of one tree say together. */
export interface Settled {
  /** The report that the verdict is about: the first one that no machine's failure spoilt. */
  readonly head: VerificationReport
  readonly repeats: readonly VerificationReport[]
  readonly failures: readonly SortedFailure[]
}

/**
 * Verifies a tree again while its report leaves a doubt. What a machine spoilt is verified anew, and so is once what a
 * limit ended; where no more than a few tests fail and each may be chance, they are run again until each passed once or
 * failed every time. A build that fails, or many tests at once, is no chance.
 */
export async function settleFlaky(
  ground: Ground,
  first: VerificationReport,
  repeat: (time: number) => Promise<VerificationReport>,
): Promise<Settled> {
  const { baseline, base_repeats, known_flaky } = ground
  let head = first
  let limited = false
  const repeats: VerificationReport[] = []
  for (let time = 1; ; time++) {
    const failures = sortFailures({ baseline, base_repeats, head, repeats, known_flaky })
    const again = async () => repeat(time)
    if (failuresOf(failures, 'infrastructure').length > 0 && time <= MOST_SPOILT) head = await again()
    else if (!limited && isLimited(head, failures)) {
      limited = true
      const other = await again()
      // What a limit ends a second time does not end; what it does not was the machine's.
      if (!other.phases.some(endedByLimit)) head = other
    } else if (isOpen(failures, [head, ...repeats]) && repeats.length + 1 < mostTimes(ground, failures)) {
      const other = await again()
      // What is compared is what the tree did, not what was done to it.
      if (other.outcome === 'unavailable') return { head, repeats, failures }
      repeats.push(other)
    } else return { head, repeats, failures }
  }
}

/** A test that does not do the same on the base commit is looked at until there is evidence enough for or against it. */
function mostTimes({ baseline, base_repeats = [], times = USUAL_TIMES }: Ground, failures: readonly SortedFailure[]) {
  const failing = new Set(failures.map(({ id }) => id))
  const flaky = [baseline, ...base_repeats].some(({ phases }) =>
    phases.some(({ tests }) => tests.some(({ id, outcome }) => failing.has(id) && FAILING.has(outcome))),
  )
  return flaky ? Math.max(times, ENOUGH_OUTCOMES) : times
}

const FAILING: ReadonlySet<string> = new Set(['failed', 'error'])

const isLimited = ({ phases }: VerificationReport, failures: readonly SortedFailure[]): boolean =>
  failuresOf(failures, 'mine').some(
    ({ kind, id }) => kind === 'phase' && phases.some((one) => one.id === id && endedByLimit(one)),
  )

/** True while more outcomes may say something else: of tests alone, of a few, and of such as did not pass so far. */
function isOpen(failures: readonly SortedFailure[], seen: readonly VerificationReport[]): boolean {
  const mine = failuresOf(failures, 'mine')
  const passed = new Set(
    seen.flatMap(({ phases }) =>
      phases.flatMap(({ tests }) => tests.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id)),
    ),
  )
  const excused = failuresOf(failures, 'flaky').filter(({ kind, id }) => kind === 'test' && !passed.has(id))
  const tests = mine.filter(({ kind }) => kind === 'test').length + excused.length
  return tests > 0 && tests <= MOST_FLAKY && mine.every(({ kind, by_tests }) => kind === 'test' || by_tests === true)
}
