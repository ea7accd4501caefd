import type { BudgetLimits } from '#domain/budget'
import { GanderError, isGanderError } from '#domain/failure'
import type { Change } from '#domain/change'
import {
  addedCuts,
  incidentsOf,
  redactionEvents,
  type CutSecrets,
  type EventDraft,
  type LedgerEvent,
} from '#domain/event'
import type { RunId, TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import { isActive, isEnd, type NewRun, type Run } from '#domain/run'
import type { SandboxProfile } from '#domain/sandbox'
import type { Request, Task } from '#domain/task'
import type { Approvals } from '#control-plane/approvals'
import { acceptOrder } from '#control-plane/intake'
import { WorkStopped, type Worker } from '#execution-plane/worker'
import type {
  Autonomy,
  Capabilities,
  Controls,
  Forge,
  Platform,
  PriceTable,
  Redactor,
  Repositories,
  RepositoryRecords,
  RunOrder,
  RunStore,
  RunView,
  ArtifactStore,
  OrderKey,
  SubmissionKey,
} from '#ports'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { namedCopy } from './named-copy.ts'
import { heldAgain, heldTask } from './held-task.ts'
import { capabilitiesOf } from './open-capabilities.ts'
import { replaysWhenAsked } from './replays-when-asked.ts'
import { requestOf } from './request-of.ts'
import { reviewOf } from './review-of.ts'
import { identifiers, systemClock } from './system-clock.ts'

/** What the platform of one process is made of. */
export interface PlatformParts {
  /** Whose runs it is about. */
  readonly tenant: TenantId
  readonly store: RunStore
  readonly artifacts: ArtifactStore
  readonly repositories: Repositories
  readonly redactor: Redactor
  readonly prices: () => Promise<PriceTable>
  readonly forgeOf: (repository: string) => Forge
  readonly worker: (asks_a_model: boolean) => Promise<Worker>
  /** Reads the conversation file of a recorded model, so that a wrong one is told at once. */
  readonly checkRecording: (order: RunOrder) => Promise<void>
  /** Reads the sandbox profile that an order chooses. */
  readonly sandboxProfile: (chosen: RunOrder['sandbox']) => Promise<SandboxProfile>
  /** How far tasks reach and who decides in them; absent: as they ask, at level 3. */
  readonly autonomy?: Autonomy
  /** The contracts that tasks run under. */
  readonly capabilities: Capabilities
  /** What was agreed for repositories when they were onboarded. */
  readonly repository_records: Pick<RepositoryRecords, 'get'>
  /** Takes the answers of people, given how to find what a run changed. */
  readonly approvals: (changeOf: (run: RunId) => Promise<Change | undefined>) => Approvals
  /** Keeps keys in memory until a worker hands them to the gateway. */
  readonly holdKeys: (keys: RunOrder['keys']) => void
  /** What operators hold in their hands; absent where it is not offered. */
  readonly controls?: Controls
  /** The task with no more budget than policy leaves. Absent: there are no levels. */
  readonly bounded?: (task: Task) => Promise<Task>
  /** Throws where a switch stops the act. Absent: nothing is ever stopped. */
  readonly admit?: (task: Task, act: 'admit' | 'work') => Promise<void>
  /** Absolute folder for what a run keeps on disk. */
  readonly runs_folder: string
  readonly close: () => Promise<void>
}

/** How many workers may try a run before it fails. */
const MAX_ATTEMPTS = 5
const FOLLOW_MS = 80

/** The platform in one process: the API's verbs over the store, and a worker that leases only the run it is asked for. */
export function createInProcessPlatform(parts: PlatformParts): Platform {
  const view = (run: RunId) => viewOf(parts, run)
  const existing = async (run: RunId): Promise<RunView> => (await view(run)) ?? missing(run)
  return {
    submit: async (order, once) => existing(await submit(parts, order, once)),
    async work(run, signal) {
      await workOn(parts, run, signal)
      return existing(run)
    },
    view,
    list: (limit) => parts.store.list(parts.tenant, limit),
    follow: (run, signal, after) => follow(parts.store, run, signal, after),
    async cancel(run, by) {
      await command(parts.store, run, { type: 'request_cancel', by })
      return existing(run)
    },
    continue: async (run, added, by, keys) => existing(await goOn(parts, await existing(run), { added, by, keys })),
    decideApproval: async (run, answer, keys) => {
      if (answer.decision === 'approved') await parts.admit?.((await existing(run)).task, 'work')
      await parts.approvals((id) => diffOf(parts, id)).answer(await existing(run), answer)
      parts.holdKeys(keys)
      return existing(run)
    },
    diff: (run) => diffOf(parts, run),
    artifact: (sha256) => parts.artifacts.get(sha256),
    artifactPath: (sha256) => parts.artifacts.locate(sha256),
    capabilities: capabilitiesOf(parts.capabilities, parts.tenant),
    ...(parts.controls && { controls: parts.controls }),
    replays: replaysWhenAsked({ ...parts, view, queue: (submitted) => record(parts, submitted) }),
    close: parts.close,
  }
}

async function submit(parts: PlatformParts, order: RunOrder, own?: OrderKey): Promise<RunId> {
  const once = own === undefined ? undefined : submissionKey(parts.tenant, order, own)
  const made = once === undefined ? undefined : await parts.store.submitted(once)
  if (made !== undefined) return made
  parts.holdKeys(order.keys)
  const { words, cut } = await redactWords(order.words, parts.redactor)
  const accepted = acceptOrder({ ...order, words }, identifiers, parts.tenant)
  if (!accepted.ok) {
    const { code, message, missing } = accepted.refusal
    throw new GanderError(code, message, { facts: { missing } })
  }
  priced(order, await parts.prices())
  await parts.checkRecording(order)
  const named = await parts.repositories.resolve(order.words.repository, order.base_ref)
  const sandbox = await parts.sandboxProfile(order.sandbox)
  const { limits } = accepted.value.task
  const { review, source } = await reviewOf(parts, order, named)
  const unbound: Task = {
    ...accepted.value.task,
    repository: source.repository,
    source,
    sandbox,
    ...(review && { review }),
    limits: { ...limits, max_minutes: Math.min(limits.max_minutes, sandbox.resources.run_minutes) },
  }
  const request = { ...accepted.value.request, repository: source.repository }
  const {
    mode,
    level = null,
    words: { repository: typed },
  } = order
  const { task, told } = await heldTask(parts, unbound, { typed, source: request.source, mode, level })
  return record(parts, { request, task, told: [...redactionEvents('request', cut), ...told], ...(once && { once }) })
}

/** The key binds what was asked for, not the keys of providers that came along. */
function submissionKey(tenant_id: TenantId, order: RunOrder, own: OrderKey): SubmissionKey {
  const request_sha256 = createHash('sha256')
    .update(canonicalJson({ ...order, keys: {} }))
    .digest('hex')
  return { ...own, tenant_id, request_sha256 }
}

interface Recorded {
  readonly request: Request
  readonly task: Task
  readonly told?: readonly EventDraft[]
  readonly once?: SubmissionKey
}

async function record(parts: PlatformParts, { request, task: given, told = [], once }: Recorded): Promise<RunId> {
  const task = (await parts.bounded?.(given)) ?? given
  await parts.admit?.(task, 'admit')
  const run: NewRun = {
    id: identifiers.make('run'),
    tenant_id: task.tenant_id,
    task_id: task.id,
    mode: task.mode,
    is_fix: task.is_fix,
    repairs_allowed: task.limits.max_repairs,
    max_attempts: MAX_ATTEMPTS,
  }
  const events = [...submissionEvents(request, task), ...told]
  return (await parts.store.submit({ request, task, run, events, ...(once && { once }) })).id
}

function submissionEvents(request: Request, task: Task): readonly EventDraft[] {
  const contract_hash = createHash('sha256').update(canonicalJson(task)).digest('hex')
  const { id: request_id, source, requester: user, repository } = request
  return [
    { event: 'request_received', facts: { request_id, source, user, repository } },
    { event: 'task_submitted', facts: { task_id: task.id, mode: task.mode, contract_hash } },
    { event: 'run_scheduled', facts: { task_id: task.id } },
  ]
}

/** Under a cost limit every model needs a price, or a configuration that says it is free. */
function priced(order: RunOrder, prices: PriceTable): void {
  if (order.agent.kind === 'transform') return
  const { agent } = order
  for (const model of [agent.model, agent.kind === 'native' ? agent.fallback : null]) {
    if (model === null || prices.priceOf(model) !== undefined) continue
    const name = `${model.provider}:${model.model}`
    throw new GanderError(
      'model_without_price',
      `no price is known for ${name}, so a limit of $${order.limits.max_cost_usd} could not hold`,
    )
  }
}

async function redactWords(
  words: RunOrder['words'],
  redactor: Redactor,
): Promise<{ readonly words: RunOrder['words']; readonly cut: CutSecrets }> {
  const cuts: CutSecrets[] = []
  const clean = async (said: string) => {
    const { text, ...cut } = await redactor.redact(said)
    if (cut.count > 0) cuts.push(cut)
    return text
  }
  const all = (texts: readonly string[]) => Promise.all(texts.map(clean))
  const redacted = {
    ...words,
    title: await clean(words.title),
    description: await clean(words.description),
    acceptance_criteria: await all(words.acceptance_criteria),
    constraints: await all(words.constraints),
  }
  return { words: redacted, cut: addedCuts(cuts) }
}

async function workOn(parts: PlatformParts, run: RunId, signal?: AbortSignal): Promise<void> {
  const overview = await parts.store.load(run)
  if (overview === undefined) missing(run)
  const worker = await parts.worker(overview.task.agent.kind !== 'transform')
  const stop = new AbortController()
  const onAbort = () => {
    const by = 'the person at the terminal'
    void parts.store
      .command(run, { type: 'request_cancel', by })
      .catch(() => undefined)
      .then(() => stop.abort(new WorkStopped('cancelled', by)))
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await worker.workOn(run, stop.signal, parts.tenant)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

async function viewOf(parts: PlatformParts, id: RunId): Promise<RunView | undefined> {
  const { store, artifacts } = parts
  const overview = await store.load(id)
  if (overview === undefined) return undefined
  const [kept, steps, pull_request, events, approvals] = await Promise.all([
    store.artifacts(id),
    store.steps(id),
    store.pullRequest(id),
    store.events(id, 0),
    store.approvals(id),
  ])
  const sealed = overview.run.facts.packet_sha256
  const folder = join(parts.runs_folder, id)
  const packet = await namedCopy(artifacts, sealed ?? undefined, join(folder, 'packet.json'))
  const page = kept.findLast(({ kind }) => kind === 'evidence_page')?.sha256
  const packet_page = await namedCopy(artifacts, page, join(folder, 'packet.md'))
  const text =
    pull_request === undefined ? undefined : await pullRequestText(parts, overview.task, pull_request.idempotency_key)
  return {
    ...overview,
    pull_request,
    ...(text && { pull_request_text: text }),
    artifacts: kept,
    steps,
    incidents: incidentsOf(events),
    approvals,
    packet,
    packet_page,
  }
}

async function pullRequestText(parts: PlatformParts, task: Task, key: string) {
  try {
    const found = await parts.forgeOf(task.repository).findPullRequest(task.repository, key)
    return found === undefined ? undefined : { title: found.title, body: found.body }
  } catch (error) {
    // A forge that cannot be read now takes nothing from what is on record.
    if (isGanderError(error)) return undefined
    throw error
  }
}

async function* follow(store: RunStore, run: RunId, signal?: AbortSignal, from = 0): AsyncIterable<LedgerEvent> {
  let after = from
  const isStopped = () => signal?.aborted === true
  while (!isStopped()) {
    const read = await readAfter(store, run, after).catch(unlessRetryable)
    if (read === undefined) {
      await systemClock.sleep(1000).catch(() => undefined)
      continue
    }
    const [now, events] = read
    for (const event of events) {
      after = event.run_seq ?? after
      yield event
    }
    if (now === undefined || (rests(now.run) && events.length === 0)) return
    if (events.length === 0) await systemClock.sleep(FOLLOW_MS).catch(() => undefined)
  }
}

/** The state first: events written after it was read are told before the state that ends a run. */
async function readAfter(store: RunStore, run: RunId, after: number) {
  const now = await store.load(run)
  return [now, await store.events(run, after)] as const
}

/** The server may be starting again under a run that goes on; whoever watches goes on too. */
function unlessRetryable(error: unknown): undefined {
  if (!isGanderError(error) || !error.retryable) throw error
}

const rests = (run: Run): boolean => run.state !== 'queued' && !isActive(run.state)

interface Continuation {
  readonly added: Parameters<Platform['continue']>[1]
  readonly by: string
  readonly keys: RunOrder['keys']
}

/** A waiting run goes back to the queue; an ended one starts again as a new run of the same task. */
async function goOn(parts: PlatformParts, now: RunView, { added, by, keys }: Continuation): Promise<RunId> {
  parts.holdKeys(keys)
  const { run, task } = now
  if (Object.keys(added).length > 0 && !isEnd(run.state)) await parts.store.extendBudget(run.id, added, by)
  if (run.state === 'completed')
    throw new GanderError(
      'run_not_in_state',
      `Run ${run.id} cannot be continued: it is completed, and nothing is left to do.`,
      {
        remedy: `\`gander show ${run.id}\` tells what it did.`,
      },
    )
  if (run.state === 'awaiting_approval')
    throw new GanderError('run_not_in_state', `Run ${run.id} waits for an approval; going on does not answer it.`, {
      remedy: `\`gander approve ${run.id}\` or \`gander reject ${run.id}\`; \`gander show ${run.id}\` tells what it asks for.`,
    })
  if (isEnd(run.state)) return again(parts, task, added)
  if (!isActive(run.state) && run.state !== 'queued') await command(parts.store, run.id, { type: 'continue', by })
  return run.id
}

/** Starts the same contract anew from the same commit, under new identifiers and with more budget where given. */
async function again(parts: PlatformParts, task: Task, added: Continuation['added']): Promise<RunId> {
  const limits = Object.fromEntries(
    Object.entries(task.limits).map(([name, limit]) => [name, limit + (added[name as keyof BudgetLimits] ?? 0)]),
  ) as unknown as BudgetLimits
  const request = requestOf(task)
  const anew = { ...task, id: identifiers.make('task'), request_id: request.id, limits }
  return record(parts, { request, ...(await heldAgain(parts, anew)) })
}

async function command(store: RunStore, run: RunId, asked: Parameters<RunStore['command']>[1]): Promise<void> {
  const answer = await store.command(run, asked)
  if (!answer.ok) throw new GanderError('run_not_in_state', answer.refusal.message)
}

async function diffOf(parts: PlatformParts, id: RunId): Promise<Change | undefined> {
  const overview = await parts.store.load(id)
  const source = overview?.task.source
  if (overview === undefined || source === undefined) return undefined
  const steps = await parts.store.steps(id)
  const tree = steps.findLast((step) => step.tree !== null)?.tree
  if (tree === undefined || tree === null) return undefined
  const repository = await parts.repositories.open(id, source)
  return repository.diff(source.tree, tree)
}

function missing(run: RunId): never {
  throw new GanderError('run_not_found', `there is no run ${run}`)
}
