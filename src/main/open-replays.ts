import { createHash } from 'node:crypto'
import { recordConversation } from '#adapters/models'
import { compareRuns, openReplayPackage, sealReplayPackage, type ReplayPackage } from '#evidence-plane/replay'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import { canonicalJson, type Json } from '#domain/json'
import { isEnd, type Run } from '#domain/run'
import type { AgentChoice, Request, Task } from '#domain/task'
import type { ArtifactRef, ArtifactStore, Replays, RunStore, RunView, StepRecord, StoredExchange } from '#ports'
import { exchangesOf } from './record-run.ts'
import { requestOf } from './request-of.ts'
import { identifiers } from './system-clock.ts'

/** What replays stand on, of one tenant. */
export interface ReplayGround {
  readonly store: Pick<RunStore, 'load' | 'steps' | 'decisions'>
  readonly artifacts: ArtifactStore
  /** Puts a contract into the queue. */
  readonly queue: (submitted: { readonly request: Request; readonly task: Task }) => Promise<RunId>
  readonly view: (run: RunId) => Promise<RunView | undefined>
}

/** What is on record of a run that has ended. */
interface Original {
  readonly run: Run
  readonly task: Task
  readonly steps: readonly StepRecord[]
}

/** Runs again what is on record of one tenant. */
export function openReplays(ground: ReplayGround): Required<Replays> {
  const played = async (run: RunId) => {
    const [original, decisions] = await Promise.all([ended(ground, run), ground.store.decisions(run)])
    return { ...original, decisions }
  }
  return {
    package: async (run) => (await packageOf(ground, await ended(ground, run))).text,
    start: async (run, by, given) => {
      const original = await ended(ground, run)
      const { text, opened } = await packageOf(ground, original, given)
      const id = await ground.queue(await replayTask(ground, { original, text, opened, by }))
      return (await ground.view(id)) ?? missing(id)
    },
    report: async (replay) => {
      const is = await played(replay)
      const of = is.task.replay
      if (of === undefined)
        throw new GanderError('run_not_in_state', `Run ${replay} is no replay.`, {
          remedy: `\`gander replay ${replay}\` runs it again and compares.`,
        })
      return compareRuns(await played(of.run_id), is)
    },
  }
}

function missing(run: RunId): never {
  throw new GanderError('run_not_found', `there is no run ${run}`)
}

async function ended({ store }: ReplayGround, id: RunId): Promise<Original> {
  const overview = await store.load(id)
  if (overview === undefined) missing(id)
  const { run, task } = overview
  if (!isEnd(run.state) && run.state !== 'pr_created')
    throw new GanderError('run_not_in_state', `Run ${id} is ${run.state}: what has not ended is not run again.`, {
      remedy: `\`gander watch ${id}\` shows when it has.`,
    })
  return { run, task, steps: await store.steps(id) }
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')
const contractHash = (task: Task): string => sha256Of(canonicalJson(task))

/** The package as it was given, or made from the record; both are held to what is on record of the run. */
async function packageOf(ground: ReplayGround, original: Original, given?: string) {
  const text = given ?? (await sealed(ground, original))
  const read = openReplayPackage(text)
  if (!read.ok) refused(original.run.id, read.refusal)
  const { manifest } = read.value
  if (manifest.run_id !== original.run.id) refused(original.run.id, `it is one of ${manifest.run_id}`)
  if (manifest.contract_sha256 !== contractHash(original.task)) refused(original.run.id, 'its contract is another one')
  if (manifest.exchanges.join() !== exchangesOf(original.steps).join())
    refused(original.run.id, 'its model exchanges are not those on record')
  return { text, opened: read.value }
}

function refused(run: RunId, why: string): never {
  throw new GanderError('replay_refused', `The replay package of run ${run} cannot be used: ${why}.`, {
    remedy: `Take the package as \`gander replay ${run} --export FILE\` wrote it.`,
  })
}

async function sealed(ground: ReplayGround, { run, task, steps }: Original): Promise<string> {
  const { source } = task
  if (source === undefined) cannot(run.id, 'its base commit was not pinned')
  if (task.agent.kind === 'guest')
    cannot(run.id, "a guest's conversation is kept in its provider's words, which no recording can speak")
  if (steps.some(({ outcome, outcome_at }) => outcome_at !== null && isExpired(outcome)))
    cannot(run.id, 'what its steps recorded was let go of by retention')
  const exchanges = exchangesOf(steps)
  const kept = await Promise.all(exchanges.map(async (hash) => [hash, await exchangeOf(ground, run.id, hash)] as const))
  const decisions = await ground.store.decisions(run.id)
  const parts = {
    'contract.json': canonicalJson(task),
    'decisions.json': JSON.stringify(decisions),
    'steps.json': JSON.stringify(
      steps.map(({ n, key, kind, request_sha256, tree }) => ({ n, key, kind, request_sha256, tree })),
    ),
    ...Object.fromEntries(kept.map(([hash, text]) => [`exchange-${hash}.json`, text])),
  }
  const { commit, tree } = source
  const about = {
    run_id: run.id,
    tenant_id: run.tenant_id,
    contract_sha256: contractHash(task),
    base: { commit, tree },
  }
  return sealReplayPackage(
    { ...about, bundle_sha256: bundleOf(steps), state: run.state, tree: run.facts.tree, exchanges: [...exchanges] },
    parts,
  )
}

function cannot(run: RunId, why: string): never {
  throw new GanderError('replay_refused', `Run ${run} cannot be run again: ${why}.`)
}

const isExpired = (outcome: Json): boolean =>
  typeof outcome === 'object' && outcome !== null && !Array.isArray(outcome) && 'expired' in outcome

async function exchangeOf({ artifacts }: ReplayGround, run: RunId, hash: string): Promise<string> {
  const bytes = await artifacts.get(hash)
  if (bytes === undefined) cannot(run, `the model exchange ${hash.slice(0, 12)} is no longer kept`)
  const text = Buffer.from(bytes).toString('utf8')
  if (readExchange(text).withheld === true)
    cannot(run, 'the policy for models kept no words of its conversation (`log_prompts: false`)')
  return text
}

// Only the gateway writes exchanges, and their hashes are those that the run recorded.
const readExchange = (text: string): StoredExchange => JSON.parse(text) as StoredExchange

function bundleOf(steps: readonly StepRecord[]): string | null {
  const outcome = steps.find(({ key }) => key === 'policy')?.outcome as
    | { readonly value?: { readonly bundle_sha256?: string } }
    | null
    | undefined
  return outcome?.value?.bundle_sha256 ?? null
}

interface Replaying {
  readonly original: Original
  readonly text: string
  readonly opened: ReplayPackage
  readonly by: string
}

/** The same contract from the same commit, answered from the recording, in a mode that opens nothing. */
async function replayTask(
  { artifacts }: ReplayGround,
  { original, text, opened, by }: Replaying,
): Promise<{ readonly request: Request; readonly task: Task }> {
  const { task, run } = original
  const kept: (ArtifactRef & { readonly name: string })[] = [{ ...(await artifacts.put(text)), name: 'replay.json' }]
  const { agent, conversation } = await recordedAgent(artifacts, task.agent, opened)
  if (conversation !== undefined) kept.push({ ...conversation, name: 'conversation.json' })
  const mode = task.mode === 'analysis_only' ? 'analysis_only' : 'dry_run_patch'
  const request = requestOf({ ...task, requester: by })
  const anew: Task = {
    ...task,
    id: identifiers.make('task'),
    request_id: request.id,
    requester: by,
    mode,
    agent,
    replay: { run_id: run.id, bundle_sha256: opened.manifest.bundle_sha256, parts: kept },
  }
  return { request, task: anew }
}

async function recordedAgent(artifacts: ArtifactStore, agent: AgentChoice, { manifest, parts }: ReplayPackage) {
  if (agent.kind !== 'native') return { agent, conversation: undefined }
  const exchanges = manifest.exchanges.map((hash) => readExchange(parts[`exchange-${hash}.json`] ?? '{}'))
  const conversation = await artifacts.put(JSON.stringify(recordConversation(exchanges)))
  const path = await artifacts.locate(conversation.sha256)
  if (path === undefined) throw new GanderError('artifact_corrupt', 'The recorded conversation was not kept.')
  const model = { provider: 'recorded', model: path, api: 'recorded', url: null } as const
  return { agent: { kind: 'native', model, fallback: null } satisfies AgentChoice, conversation }
}
