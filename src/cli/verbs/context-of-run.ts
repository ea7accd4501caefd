import { messagesSeen, type ContextManifest, type RequestAccount, type SeenMessage } from '#domain/context'
import { GanderError } from '#domain/failure'
import type { Platform, RunView, StepRecord } from '#ports'

/** One request to a model, as its step keeps it. */
export interface RequestSeen {
  readonly step: number
  readonly key: string
  readonly at: string
  /** What the model's provider counted; null where it did not say. */
  readonly counted_tokens: number | null
  /** Null for a step from before accounts were kept, and for agents that ask by themselves. */
  readonly account: RequestAccount | null
  /** Tool outputs given up right before it. */
  readonly left_out: number
}

/** What a run's models saw. */
export interface ContextOfRun {
  readonly manifest: ContextManifest
  /** When the opening was put together; null where its step is gone. */
  readonly built: { readonly step: number; readonly at: string } | null
  readonly requests: readonly RequestSeen[]
}

/** Reads it from the run's artifacts and steps. @throws GanderError `usage` where there is none */
export async function contextOfRun(platform: Platform, view: RunView): Promise<ContextOfRun> {
  const { run, artifacts, steps } = view
  const kept = artifacts.findLast(({ kind }) => kind === 'context_manifest')
  if (kept === undefined)
    throw new GanderError('usage', `${run.id} has put no context together: no model has been asked yet.`, {
      remedy: `\`gander show ${run.id}\` tells how far it is.`,
    })
  const bytes = await platform.artifact(kept.sha256)
  if (bytes === undefined) throw new GanderError('artifact_corrupt', `The bytes of ${kept.name} are gone.`)
  // The artifact was written from a manifest, and its bytes are checked against their hash.
  const read = JSON.parse(new TextDecoder().decode(bytes)) as Omit<ContextManifest, 'schema'> & { schema: string }
  if (read.schema !== 'gander.context/v2')
    throw new GanderError('usage', `The context of ${run.id} is kept in another form, ${read.schema}.`, {
      remedy: `\`gander artifacts ${run.id} context_manifest\` prints it as it is.`,
    })
  const built = steps.find(({ key }) => key === 'context')
  return {
    manifest: { ...read, schema: 'gander.context/v2' },
    built: built === undefined ? null : { step: built.n, at: built.intent_at },
    requests: requestsOf(steps),
  }
}

/** The request of a step, and the messages that it carried. @throws GanderError `usage` where the step asked no model */
export function requestAt(
  { requests }: ContextOfRun,
  step: number,
): { readonly request: RequestSeen; readonly account: RequestAccount; readonly messages: readonly SeenMessage[] } {
  const upTo = requests.filter((each) => each.step <= step)
  const request = upTo.at(-1)
  const known = requests.map((each) => each.step)
  if (request?.step !== step)
    throw new GanderError('usage', `Step ${step} asked no model.`, {
      remedy: known.length === 0 ? 'This run has asked none.' : `Models were asked at the steps ${known.join(', ')}.`,
    })
  if (request.account === null)
    throw new GanderError(
      'usage',
      `What the model saw at step ${step} was not kept: it is from before accounts were.`,
      {
        remedy: 'Leave --step out to see the context that the run began with.',
      },
    )
  const accounts = upTo.flatMap(({ account }) => (account === null ? [] : [account]))
  return { request, account: request.account, messages: messagesSeen(accounts) }
}

/** What the worker writes as the outcome of a step; gone where retention took it. */
interface Outcome {
  readonly value?: {
    readonly seen?: RequestAccount
    readonly answer?: { readonly usage?: { readonly input_tokens: number | null } }
    readonly left_out?: readonly unknown[]
  }
}

function requestsOf(steps: readonly StepRecord[]): readonly RequestSeen[] {
  const requests: RequestSeen[] = []
  let left_out = 0
  for (const { n, key, intent_at, outcome } of steps) {
    // Written by the worker's journal alone.
    const value = (outcome as Outcome | null)?.value
    if (key.startsWith('compact:')) left_out += value?.left_out?.length ?? 0
    if (!/^model:\d/.test(key)) continue
    const counted_tokens = value?.answer?.usage?.input_tokens ?? null
    requests.push({ step: n, key, at: intent_at, counted_tokens, account: value?.seen ?? null, left_out })
    left_out = 0
  }
  return requests
}
