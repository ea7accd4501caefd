import { disagreeing, type VerificationReport } from '#domain/verification'
import type { Execution } from './execution.ts'

/** More failing tests than this fail on a base commit for a reason. */
const MOST_DOUBTED = 20
const MOST_REPEATS = 2

/** Tests whose outcome on the base commit is chance, with how that is known. */
export const knownFlaky = ({ found }: Execution): ReadonlyMap<string, string> => found.known_flaky ?? new Map()

/**
 * Finds the flakes of the base commit at once: where a few of its tests fail it is verified again, so that what fails by
 * chance is neither taken for the wrong behaviour nor laid to the change.
 */
export async function flakyAtBase(
  { found }: Execution,
  first: VerificationReport,
  repeat: (time: number) => Promise<VerificationReport>,
): Promise<ReadonlySet<string>> {
  const reports = [first]
  for (let time = 1; time <= MOST_REPEATS && isDoubtful(reports, first); time++) reports.push(await repeat(time))
  const flaky = disagreeing(reports)
  const said = flaky.map(
    (test) => [test.id, `on the base commit it passed ${test.passed} of ${test.outcomes} times`] as const,
  )
  found.known_flaky = new Map([...(found.known_flaky ?? []), ...said])
  return new Set(flaky.map(({ id }) => id))
}

/** Once failing is doubted; a second time only where the two reports do not agree. */
function isDoubtful(reports: readonly VerificationReport[], first: VerificationReport): boolean {
  if (reports.length > 1) return reports.length === 2 && disagreeing(reports).length > 0
  const failing = first.phases.flatMap((phase) => phase.tests).filter(({ outcome }) => outcome === 'failed').length
  return first.outcome === 'failed' && failing > 0 && failing <= MOST_DOUBTED
}
