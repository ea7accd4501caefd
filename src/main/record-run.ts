import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { Json } from '#domain/json'
import { recordConversation } from '#adapters/models'
import type { Platform, StepRecord, StoredExchange } from '#ports'

/** Makes a conversation file from the model exchanges that a run has on record, in the order they were made. */
export async function recordRun(platform: Platform, run: RunId): Promise<string> {
  const view = await platform.view(run)
  if (view === undefined) throw new GanderError('run_not_found', `there is no run ${run}`)
  const exchanges = await Promise.all(exchangesOf(view.steps).map((sha256) => readExchange(platform, sha256)))
  return `${JSON.stringify(recordConversation(exchanges), null, 2)}\n`
}

/** Hashes of a run's model exchanges, in the order of its steps. */
export const exchangesOf = (steps: readonly StepRecord[]): readonly string[] => [
  ...new Set(steps.filter(({ kind }) => kind === 'model_call').flatMap(({ outcome }) => exchangesIn(outcome))),
]

function exchangesIn(outcome: Json): readonly string[] {
  if (typeof outcome !== 'object' || outcome === null) return []
  return Object.entries(outcome).flatMap(([name, member]) =>
    name === 'exchange_sha256' && typeof member === 'string' ? [member] : exchangesIn(member),
  )
}

async function readExchange(platform: Platform, sha256: string): Promise<StoredExchange> {
  const bytes = await platform.artifact(sha256)
  if (bytes === undefined)
    throw new GanderError('artifact_corrupt', `the model exchange ${sha256} of this run is not in the artifact store`)
  // Only the gateway writes exchanges, and the store checked the hash the run recorded.
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as StoredExchange
}
