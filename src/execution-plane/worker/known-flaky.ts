import type { Json } from '#domain/json'
import {
  disagreeing,
  ENOUGH_OUTCOMES,
  flakeText,
  isKnownFlaky,
  repeatedOutcomes,
  type VerificationReport,
} from '#domain/verification'
import type { FlakeRecord } from '#ports'
import { need, type Execution } from './execution.ts'

/** More failing tests than this fail on a base commit for a reason. */
const MOST_DOUBTED = 20
/** So often a base commit is verified that fails the same each time, where its profile does not say. */
const USUAL_TIMES = 2

/** Tests whose outcome on the base commit is chance, with how that is known. */
export const knownFlaky = ({ found }: Execution): ReadonlyMap<string, string> => found.known_flaky ?? new Map()

/**
 * Finds the flakes of the base commit at once: where a few of its tests fail it is verified again, so that what fails by
 * chance is neither taken for the wrong behaviour nor laid to the change.
 */
export async function flakyAtBase(
  execution: Execution,
  first: VerificationReport,
  repeat: (time: number) => Promise<VerificationReport>,
): Promise<ReadonlySet<string>> {
  const reports = [first]
  const { found } = execution
  const times = found.profile?.repeats ?? USUAL_TIMES
  while (isDoubtful(reports, first, times)) reports.push(await repeat(reports.length))
  found.base_repeats = reports.slice(1)
  const seen = disagreeing(reports).map(
    (test) => [test.id, `on the base commit it passed ${test.passed} of ${test.outcomes} times`] as const,
  )
  found.known_flaky ??= new Map([...(await history(execution, reports)), ...seen])
  return new Set(found.known_flaky.keys())
}

/** What earlier runs saw of this repository's tests; on record, so that a resumed run judges by the same. */
async function history(
  execution: Execution,
  reports: readonly VerificationReport[],
): Promise<readonly (readonly [id: string, said: string])[]> {
  const { parts, task, journal } = execution
  const request = { repository: task.repository }
  const value = await journal.perform({ key: 'flakes', kind: 'verification', request }, async () => {
    const known = (await parts.proof_records?.flakes(task.repository)) ?? []
    await add(execution, reports)
    return { value: known.filter(isKnownFlaky).map((each) => [each.test_id, flakeText(each)]) as unknown as Json }
  })
  // What is on record under this key was put there above.
  return value as unknown as readonly (readonly [string, string])[]
}

/** Adds what repetitions of a proposed tree showed of tests that the base commit has as well. */
export async function rememberFlakes(
  execution: Execution,
  key: string,
  reports: readonly VerificationReport[],
): Promise<void> {
  if (reports.length === 0) return
  await execution.journal.perform({ key, kind: 'verification', request: { reports: reports.length } }, async () => {
    await add(execution, reports)
    return { value: reports.length }
  })
}

/** A report that was taken over was counted by the run that made it. A kill may count one repetition twice. */
async function add(execution: Execution, reports: readonly VerificationReport[]): Promise<void> {
  const { parts, task } = execution
  if (reports.length < 2 || reports.some(({ reused_from }) => reused_from !== undefined)) return
  const base = new Set(need(execution, 'before').phases.flatMap(({ tests }) => tests.map(({ id }) => id)))
  const seen = repeatedOutcomes(reports).filter(({ id, outcomes }) => base.has(id) && outcomes > 1)
  await parts.proof_records?.addFlakes(
    task.repository,
    seen.map(({ id, outcomes, disagreeing: times }): FlakeRecord => ({ test_id: id, outcomes, disagreeing: times })),
  )
}

/** Failing is doubted at first; where the reports do not agree, until enough was seen to say how often it fails. */
function isDoubtful(reports: readonly VerificationReport[], first: VerificationReport, times: number): boolean {
  const failing = first.phases.flatMap((phase) => phase.tests).filter(({ outcome }) => outcome === 'failed').length
  if (first.outcome !== 'failed' || failing === 0 || failing > MOST_DOUBTED) return false
  return reports.length < (disagreeing(reports).length > 0 ? Math.max(times, ENOUGH_OUTCOMES) : times)
}
