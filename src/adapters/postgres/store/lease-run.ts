import type { RunId, TenantId } from '#domain/ids'
import { isGanderError } from '#domain/failure'
import type { Lease } from '#domain/run'
import type { Task } from '#domain/task'
import type { LeasedRun, WorkerIdentity } from '#ports'
import type { PoolClient } from 'pg'
import { LEASE_MS, runOf, type RunRow } from './run-row.ts'
import { inTransaction, query, type StoreContext, type TenantContext } from './store-context.ts'
import { apply, decideCommand } from './write-run.ts'

const NEXT = { name: 'next_run', text: 'select run, contract, again from gander.next_run($1, $2)' }

interface Taken {
  readonly run: RunRow
  readonly contract: Task
  readonly again: false
}

/** How often a claim asks while others choose from the same tenants; whoever gets nothing comes back with the next look. */
const ROUNDS = 8

/**
 * Leases a run that no other worker is leasing at this moment: of the tenant, or of any where none is given. It is chosen,
 * decided on and written in one transaction, which becomes that run's tenant's.
 */
export async function leaseRun(
  store: StoreContext,
  worker: WorkerIdentity,
  wish: Wish,
): Promise<LeasedRun | undefined> {
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await inTransaction(store.pool, async (client) => {
      const [row] = await query<Taken | { readonly again: true }>(client, NEXT, [
        wish.tenant ?? null,
        wish.only ?? null,
      ])
      return row === undefined || row.again ? row : leaseTaken(store, client, worker, row)
    }).catch(unlessStopped)
    if (answer === undefined || !('again' in answer)) return answer
  }
  return undefined
}

/** Of any tenant and any run where neither is given. */
interface Wish {
  readonly tenant?: TenantId | undefined
  readonly only?: RunId | undefined
}

async function leaseTaken(
  store: StoreContext,
  client: PoolClient,
  worker: WorkerIdentity,
  { run, contract }: Taken,
): Promise<LeasedRun | undefined> {
  const from = runOf(run)
  const actor = { actor_type: 'service', actor: worker.id } as const
  const decided = decideCommand(from, { type: 'lease', worker: worker.id }, actor)
  if (!decided.ok) return undefined
  const leasing = { id: from.id, holder: undefined, write: {}, decided: { ...decided.value, winner: worker } }
  const applied = await apply({ ...store, tenant: from.tenant_id }, client, leasing)
  if (!applied.ok || !('lease' in applied.value)) return undefined
  return { run: applied.value, task: contract, lease: applied.value.lease }
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
