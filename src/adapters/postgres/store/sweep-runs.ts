import { readFile } from 'node:fs/promises'
import { nextAction } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Run, RunCommand } from '#domain/run'
import type { WorkerIdentity } from '#ports'
import { sweepApprovals } from './approval-timeouts.ts'
import { runOf, type RunRow } from './run-row.ts'
import { inTenant, query, queryOf, type Statement, type StoreContext, type TenantContext } from './store-context.ts'
import { apply, decideCommand, writeOn } from './write-run.ts'

const ON_HOST = {
  name: 'leases_on_host',
  text: 'select * from gander.run where worker_host = $1 and worker is not null',
}
const lock = (where: string) => `select * from gander.run where ${where} limit 1 for no key update skip locked`
const STILL_DEAD = { name: 'lease_of_dead', text: lock('id = $1 and worker = $2 and fence = $3') }
const EXPIRED = {
  name: 'expired_lease',
  text: lock('worker is not null and lease_expires_at < clock_timestamp()'),
}
const USED_UP = { name: 'attempts_used_up', text: lock("state = 'queued' and attempts >= max_attempts") }

/** The most runs one sweep gives back; what is left waits for the next. */
const MOST = 1_000

const TENANTS = { name: 'tenants_to_sweep', text: 'select tenant_id from gander.tenants_to_sweep($1) as tenant_id' }

/** Gives back what nobody works on any more, tenant by tenant. */
export async function sweepTenants(store: StoreContext, host: WorkerIdentity): Promise<number> {
  let count = 0
  for (const { tenant_id } of await query<{ tenant_id: TenantId }>(store.pool, TENANTS, [host.host]))
    count += await sweepRuns({ ...store, tenant: tenant_id }, host)
  return count + (await sweepApprovals(store))
}

/** Gives back what nobody works on any more: first the leases of dead processes here, then those that ran out. */
export async function sweepRuns(store: TenantContext, host: WorkerIdentity): Promise<number> {
  let count = 0
  for (const row of await queryOf<RunRow>(store, ON_HOST, [host.host])) {
    if (await isAlive(row, host.boot_id)) continue
    if (await reclaim(store, STILL_DEAD, [row.id, row.worker, row.fence])) count++
  }
  for (const statement of [EXPIRED, USED_UP]) while (count < MOST && (await reclaim(store, statement, []))) count++
  return count
}

/** One transaction for one run, the row locked from the look to the write, so that a heartbeat in between counts. */
async function reclaim(store: TenantContext, which: Statement, values: readonly unknown[]): Promise<boolean> {
  return inTenant(store.pool, store.tenant, async (client) => {
    const [row] = await query<RunRow>(client, which, values)
    if (row === undefined) return false
    const run = runOf(row)
    const decided = decideCommand(run, whatNow(run))
    if (!decided.ok) throw new Error(`a lost run could not be given back: ${decided.refusal.message}`)
    const applied = await apply(store, writeOn(store, client), {
      id: run.id,
      holder: undefined,
      write: {},
      decided: decided.value,
    })
    return applied.ok
  })
}

function whatNow(run: Run): RunCommand {
  if (run.cancel_requested_by !== null && 'lease' in run) return { type: 'cancel', by: run.cancel_requested_by }
  if (run.attempts < run.max_attempts) return { type: 'return_to_queue', reason: 'lease_expired' }
  const diagnosis = {
    class: 'worker_lost',
    what: `${run.attempts} workers began this run and none of them ended it.`,
    why: 'Each stopped without giving the run back, or was too slow to keep its lease.',
    next: nextAction('worker_lost', run.id),
  } as const
  return { type: 'end', state: 'failed', diagnosis, packet_sha256: run.facts.packet_sha256 }
}

/** A process is told by its number and start time; numbers come round again, and after a boot all are gone. */
async function isAlive(row: RunRow, boot_id: string): Promise<boolean> {
  if (row.worker_boot_id !== boot_id) return false
  const stat = await readFile(`/proc/${row.worker_pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' || error.code === 'ESRCH' ? '' : undefined,
  )
  if (stat === undefined) return true
  // The name in parentheses may hold anything; what follows it begins with field 3. Field 22 is the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[19] === row.worker_started_at && fields[0] !== 'Z' && fields[0] !== 'X'
}
