import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import { canonicalJson, type Json } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'
import { decide, evolve, type Lease, type Run, type RunCommand, type RunEvent } from '#domain/run'
import type { RunWrite, StepOutcome, WriteRefusal } from '#ports'
import type { PoolClient } from 'pg'
import { pgCode } from '../database/pg-failure.ts'
import type { LastWritten } from './last-written.ts'
import { draftOf, eventRow, PLATFORM, type Actor } from './ledger-events.ts'
import { recordParts, type RecordParts } from './run-records.ts'
import { nextRow, runOf, type RunRow } from './run-row.ts'
import { changedSince } from './recorded-change.ts'
import { query, type TenantContext } from './store-context.ts'
import { sendWrites, type StepPart, type WritePart } from './write-statement.ts'

/** What writes of one tenant's runs go by. */
export interface RunContext extends TenantContext {
  readonly write: Write
  readonly last: LastWritten
}

/** A step's outcome that is written with the run. */
export interface FinishedStep {
  readonly n: number
  readonly outcome: StepOutcome<Json>
}

const LOAD = { name: 'load_run', text: 'select * from gander.load_run($1, $2)' }
/** A person and a worker may write at once; the one who comes second decides again on what the first left. */
const ROUNDS = 8

/**
 * The write path of a run. Without a command it is one round trip; with one `decide` says what happens to the run as it
 * was last written here, or as it is loaded, and the write is accepted only while the run is at exactly that version and
 * the lease is the holder's.
 */
export async function writeRun(
  store: RunContext,
  id: RunId,
  holder: Lease | undefined,
  write: RunWrite & { readonly step?: FinishedStep; readonly version?: number },
): Promise<Result<Run, WriteRefusal>> {
  for (let round = 0; round < ROUNDS; round++) {
    if (write.version !== undefined) await seenAt(store, id, write.version)
    const decided = write.command === undefined ? undefined : await decideOn(store, id, holder, write.command)
    // The write is bound to the version that was decided on.
    if (write.version !== undefined && decided?.ok === true && decided.value.from.version !== write.version) continue
    if (decided !== undefined && !decided.ok) return decided
    const written = await apply(store, store.write, { id, holder, write, decided: decided?.value })
    if (written.ok) store.last.keep(written.value)
    else store.last.drop(store.tenant, id)
    if (written.ok || written.refusal.code !== 'stale') return written as Result<Run, WriteRefusal>
    const refusal = await leaseRefusal(store, id, holder)
    if (refusal !== undefined) return refuse(refusal)
  }
  return refuse({ code: 'run_moved_on', message: `run ${id} was written by others ${ROUNDS} times in a row` })
}

/** Refuses whoever saw another version of the run. @throws GanderError `resource_changed`, `run_not_found` */
async function seenAt(store: RunContext, id: RunId, version: number): Promise<void> {
  if ((await loadRun(store, id)).version !== version) throw changedSince(`Run ${id}`)
}

/** What a command came to, before it is written. */
export interface Decided {
  readonly from: Run
  readonly next: Run
  readonly events: readonly RunEvent[]
  readonly actor: Actor
}

/** Decides a command on a run and folds its events. */
export function decideCommand(
  run: Run,
  command: RunCommand,
  actor: Actor = actorOf(command),
): Result<Decided, WriteRefusal> {
  const decision = decide(run, command)
  if (!decision.ok) return decision
  return ok({ from: run, next: decision.value.reduce(evolve, run), events: decision.value, actor })
}

async function decideOn(
  store: RunContext,
  id: RunId,
  holder: Lease | undefined,
  command: RunCommand,
): Promise<Result<Decided, WriteRefusal>> {
  const actor = actorOf(command, holder)
  const last = holder === undefined ? undefined : store.last.get(store.tenant, id)
  if (last !== undefined && holder !== undefined && holds(last, holder)) {
    const decided = decideCommand(last, command, actor)
    if (decided.ok) return decided
  }
  const run = await loadRun(store, id)
  if (holder !== undefined && !holds(run, holder)) return refuse(leaseLost(id))
  return decideCommand(run, command, actor)
}

interface Applying {
  readonly id: RunId
  readonly holder: Lease | undefined
  readonly write: RunWrite & { readonly step?: FinishedStep }
  readonly decided: Decided | undefined
}

type Applied = Result<Run, { readonly code: 'stale' | 'run_moved_on'; readonly message: string }>

/** Sends one write, alone on a connection or together with others. */
export type Write = (part: WritePart) => Promise<RunRow | undefined>

/** The same on a connection whose transaction it belongs to. */
export const writeOn =
  (store: TenantContext, client: PoolClient): Write =>
  async (part) =>
    (await sendWrites(client, store.tenant, [part]))[0]

/** Writes in one statement; `stale` when the database found another version or another lease. */
export async function apply(store: TenantContext, send: Write, applying: Applying): Promise<Applied> {
  const { id, write } = applying
  try {
    const row = await send(writePart(store, applying))
    return row === undefined ? refuse({ code: 'stale', message: 'another version' }) : ok(runOf(row))
  } catch (error) {
    if (error instanceof GanderError && pgCode(error.cause) === OUTCOME_ON_RECORD)
      return refuse({
        code: 'run_moved_on',
        message: `step ${write.step?.n} of run ${id} has another outcome on record`,
      })
    if (error instanceof GanderError && pgCode(error.cause) === APPROVAL_OVER)
      return refuse({
        code: 'run_moved_on',
        message: `what run ${id} asked for was decided, used or revoked already, or has expired`,
      })
    throw error
  }
}

function writePart(store: TenantContext, { id, holder, write, decided }: Applying): WritePart {
  const step = write.step
  const actor = decided?.actor ?? actorOf(undefined, holder)
  const drafts: readonly EventDraft[] = [
    ...(step?.outcome.events ?? []),
    ...(write.events ?? []),
    ...(decided?.events ?? []).map((event) => draftOf(event, decided?.actor ?? actor)),
  ]
  return {
    run: id,
    worker: holder?.worker ?? null,
    fence: holder?.fence ?? null,
    version: decided?.from.version ?? null,
    step: step === undefined ? null : stepPart(store, step),
    records: records(store, write),
    next: decided === undefined ? null : nextRow(decided.next),
    events: drafts.map((draft) => eventRow(store, draft, id, actor)),
  }
}

/** Raised where an approval was decided before, or came too late. */
const APPROVAL_OVER = 'GAW02'

/** Raised by `finish_steps` where a step has another outcome. */
const OUTCOME_ON_RECORD = 'GAW01'

function records(store: TenantContext, write: Applying['write']): RecordParts | null {
  const outcome = write.step?.outcome
  const decisions = [outcome?.decision, write.decision].filter((decision) => decision !== undefined)
  return recordParts(store, {
    artifacts: [...(outcome?.artifacts ?? []), ...(write.artifacts ?? [])],
    decisions,
    pull_requests: write.pull_request === undefined ? [] : [write.pull_request],
    tool_call: outcome?.tool_call,
    model_call: outcome?.model_call,
    step_n: write.step?.n,
  })
}

const stepPart = (store: TenantContext, { n, outcome }: FinishedStep): StepPart => ({
  n,
  sha256: store.sha256(canonicalJson(outcome.value)),
  tree: outcome.tree ?? null,
  cost_usd: outcome.cost_usd ?? 0,
  tokens: outcome.tokens ?? 0,
  outcome: JSON.stringify(outcome.value),
})

/** @throws GanderError `run_not_found` */
async function loadRun(store: TenantContext, id: RunId): Promise<Run> {
  const [row] = await query<RunRow>(store.pool, LOAD, [store.tenant, id])
  if (row === undefined) throw runNotFound(id)
  return runOf(row)
}

/** Why a worker's write found no row; undefined when its lease is fine and only the version was another. */
export async function leaseRefusal(
  store: TenantContext,
  id: RunId,
  holder: Lease | undefined,
): Promise<WriteRefusal | undefined> {
  const run = await loadRun(store, id)
  return holder !== undefined && !holds(run, holder) ? leaseLost(id) : undefined
}

const holds = (run: Run, holder: Lease): boolean =>
  'lease' in run && run.lease.worker === holder.worker && run.lease.fence === holder.fence

const leaseLost = (id: RunId): WriteRefusal => ({
  code: 'lease_lost',
  message: `the lease of run ${id} is not this worker's any more`,
})

export const runNotFound = (id: RunId): GanderError =>
  new GanderError('run_not_found', `There is no run ${id}.`, { facts: { run: id } })

function actorOf(command?: RunCommand, holder?: Lease): Actor {
  if (command !== undefined && 'by' in command) return { actor_type: 'person', actor: command.by }
  return holder === undefined ? PLATFORM : { actor_type: 'service', actor: holder.worker }
}
