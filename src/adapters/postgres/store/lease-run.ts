import type { RunId } from '#domain/ids'
import { isGanderError } from '#domain/failure'
import type { Lease } from '#domain/run'
import type { Task } from '#domain/task'
import type { LeasedRun, WorkerIdentity } from '#ports'
import { LEASE_MS, runOf, type RunRow } from './run-row.ts'
import { inTransaction, query, type StoreContext } from './store-context.ts'
import { apply, decideCommand } from './write-run.ts'

const ready = (which: string) => `select r.*, t.contract
  from gander.run r join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
  where r.state = 'queued' and r.attempts < r.max_attempts ${which}
  limit 1 for no key update of r skip locked`

/** Ready rows have an index of their own, so that the claim's cost does not grow with the backlog of other states. */
const OLDEST = { name: 'oldest_ready_run', text: ready('order by r.created_at, r.id') }
const NAMED = { name: 'named_ready_run', text: ready('and r.id = $1') }

/** Leases a run that no other worker is leasing at this moment. */
export async function leaseRun(
  store: StoreContext,
  worker: WorkerIdentity,
  only: RunId | undefined,
): Promise<LeasedRun | undefined> {
  return inTransaction(store.pool, async (client) => {
    const rows = only === undefined ? query(client, OLDEST, []) : query(client, NAMED, [only])
    const [row] = (await rows) as readonly (RunRow & { readonly contract: Task })[]
    if (row === undefined) return undefined
    const from = runOf(row)
    const actor = { actor_type: 'service', actor: worker.id } as const
    const decided = decideCommand(from, { type: 'lease', worker: worker.id }, actor)
    if (!decided.ok) return undefined
    const leasing = { ...decided.value, winner: worker }
    const applied = await apply(store, client, { id: from.id, holder: undefined, write: {}, decided: leasing })
    if (!applied.ok || !('lease' in applied.value)) return undefined
    return { run: applied.value, task: row.contract, lease: applied.value.lease }
  }).catch(unlessStopped)
}

/** Raised where a switch, a pause or the pace after one forbids the lease, which the queue did not see a moment before. */
const LEASE_STOPPED = 'GAK01'

function unlessStopped(error: unknown): undefined {
  if (!isGanderError(error) || error.facts['sqlstate'] !== LEASE_STOPPED) throw error
}

const HEARTBEAT = {
  name: 'heartbeat',
  text: `update gander.run set lease_expires_at = clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
    where id = $1 and worker = $2 and fence = $3 returning cancel_requested_by`,
}

/** Extends a lease that is still held. */
export async function heartbeat(
  store: StoreContext,
  run: RunId,
  lease: Lease,
): Promise<{ readonly held: boolean; readonly cancel_requested_by: string | null }> {
  const values = [run, lease.worker, lease.fence]
  const [row] = await query<{ cancel_requested_by: string | null }>(store.pool, HEARTBEAT, values)
  return { held: row !== undefined, cancel_requested_by: row?.cancel_requested_by ?? null }
}
