import type { RunId, TenantId } from '#domain/ids'
import { isGanderError } from '#domain/failure'
import { LEASE_MS, type Lease } from '#domain/run'
import type { Task } from '#domain/task'
import type { LeasedRun, WorkerIdentity } from '#ports'
import type { LastWritten } from './last-written.ts'
import { runOf, type RunRow } from './run-row.ts'
import { query, type StoreContext, type TenantContext } from './store-context.ts'

const LEASE = {
  name: 'lease_runs',
  text: `select run, contract, again from gander.lease_runs($1, $2, $3, $4, $5, $6, $7, ${LEASE_MS}, $8)`,
}

/** A run and its task, or that another transaction has to ask. */
export type Taken =
  | { readonly run: RunRow; readonly contract: Task; readonly again: false }
  | { readonly run: null; readonly contract: null; readonly again: true }

/** A hand that is free: of any tenant and any run where neither is given. */
export interface FreeHand {
  readonly worker: WorkerIdentity
  readonly tenant?: TenantId | undefined
  readonly only?: RunId | undefined
}

/** Hands that may ask together. */
export const laneOf = ({ worker, tenant = '*' as TenantId }: FreeHand): string => `${tenant} ${worker.id}`

/** Leases a run for each of so many hands of one lane in one statement; undefined for those that get none. */
export async function sendHands(
  store: StoreContext,
  hands: readonly FreeHand[],
): Promise<readonly (Taken | undefined)[]> {
  const [first] = hands
  if (first === undefined) return []
  const { worker, tenant, only } = first
  const { id, host, boot_id, pid, started_at } = worker
  const event_ids = hands.map(() => store.identifiers.make('event'))
  const values = [tenant ?? null, only ?? null, id, host, boot_id, pid, started_at, event_ids]
  const taken = await query<Taken>(store.pool, LEASE, values)
  const again = taken.find((row) => row.again)
  return hands.map((_, index) => again ?? taken[index])
}

/** How often a claim asks while others choose from the same tenants; whoever gets nothing comes back with the next look. */
const ROUNDS = 8

/** What leasing goes by. */
export interface LeaseContext {
  readonly lease: (hand: FreeHand) => Promise<Taken | undefined>
  readonly last: LastWritten
}

/**
 * Leases a run that no other worker is leasing at this moment. It is chosen and written by one statement, which hands
 * that are free at the same time share.
 */
export async function leaseRun(store: LeaseContext, hand: FreeHand): Promise<LeasedRun | undefined> {
  for (let round = 0; round < ROUNDS; round++) {
    const taken = await store.lease(hand).catch(unlessStopped)
    if (taken === undefined) return undefined
    if (taken.again) continue
    const run = runOf(taken.run)
    if (!('lease' in run)) throw new Error(`run ${run.id} was leased and is ${run.state}`)
    store.last.keep(run)
    return { run, task: taken.contract, lease: run.lease }
  }
  return undefined
}

/** Raised where a switch, a pause or the pace after one forbids the lease, which the queue did not see a moment before. */
const LEASE_STOPPED = 'GAK01'

function unlessStopped(error: unknown): undefined {
  if (!isGanderError(error) || error.facts['sqlstate'] !== LEASE_STOPPED) throw error
}

const HEARTBEAT = { name: 'heartbeat', text: `select * from gander.heartbeat($1, $2, $3, $4, ${LEASE_MS})` }

/** Extends a lease that is still held. */
export async function heartbeat(
  store: TenantContext,
  run: RunId,
  lease: Lease,
): Promise<{ readonly held: boolean; readonly cancel_requested_by: string | null }> {
  const values = [store.tenant, run, lease.worker, lease.fence]
  const [row] = await query<{ cancel_requested_by: string | null }>(store.pool, HEARTBEAT, values)
  return { held: row !== undefined, cancel_requested_by: row?.cancel_requested_by ?? null }
}
