import { failuresOf, sortFailures, type SortedFailure, type VerificationReport } from '#domain/verification'

/** More tests than this fail together for a reason. */
const MOST_FLAKY = 5
/** So often a tree is verified again before what fails each time has failed; with the first time, three outcomes. */
const MOST_REPEATS = 2

/** What is known before a tree is verified again. */
interface Ground {
  readonly baseline: VerificationReport
  readonly known_flaky: ReadonlyMap<string, string>
}

/** What several reports of one tree say together. */
export interface Settled {
  /** The report that the verdict is about: the first one that no machine's failure spoilt. */
  readonly head: VerificationReport
  readonly repeats: readonly VerificationReport[]
  readonly failures: readonly SortedFailure[]
}

/**
 * Verifies a tree again while its report leaves a doubt. What a machine spoilt is verified anew; where no more than a few
 * tests fail and each may be chance, they are run again until each passed once or failed every time. A build that fails,
 * or many tests at once, is no chance.
 */
export async function settleFlaky(
  { baseline, known_flaky }: Ground,
  first: VerificationReport,
  repeat: (time: number) => Promise<VerificationReport>,
): Promise<Settled> {
  let head = first
  const repeats: VerificationReport[] = []
  for (let time = 1; ; time++) {
    const failures = sortFailures({ baseline, head, repeats, known_flaky })
    const spoilt = failuresOf(failures, 'infrastructure').length > 0
    if (time > MOST_REPEATS || !(spoilt || mayBeChance(failures))) return { head, repeats, failures }
    const again = await repeat(time)
    // What is compared is what the tree did, not what was done to it.
    if (spoilt) head = again
    else if (again.outcome !== 'unavailable') repeats.push(again)
  }
}

function mayBeChance(failures: readonly SortedFailure[]): boolean {
  const mine = failuresOf(failures, 'mine')
  const tests = mine.filter(({ kind }) => kind === 'test').length
  return tests > 0 && tests <= MOST_FLAKY && mine.every(({ kind, by_tests }) => kind === 'test' || by_tests === true)
}
