import type { RunId, TenantId } from '#domain/ids'
import { runOf, type RunRow } from './run-row.ts'
import { inTenant, query, type StoreContext, type TenantContext } from './store-context.ts'
import { apply, decideCommand, writeOn } from './write-run.ts'

/** Runs whose request has run out and says what that leads to; one at a time, so that an answer in between counts. */
const LATE = {
  name: 'approval_timed_out',
  text: `select r.*, a.id as approval_id, a.on_timeout from gander.run r
    join gander.approval a on a.tenant_id = r.tenant_id and a.run_id = r.id and a.id = r.detail ->> 'approval'
    where r.tenant_id = $1 and r.state = 'awaiting_approval' and a.decision is null and a.on_timeout is not null
      and a.expires_at <= clock_timestamp() limit 1 for no key update of r skip locked`,
}

/** The most runs one sweep moves; what is left waits for the next. */
const MOST = 200

interface LateRow extends RunRow {
  readonly approval_id: string
  readonly on_timeout: 'stop' | 'continue'
}

const TENANTS = {
  name: 'tenants_awaiting',
  text: 'select tenant_id from gander.tenants_awaiting_people() as tenant_id',
}

/** Lets requests that nobody answered in time lead where their profile says, by the database's time; of every tenant. */
export async function sweepApprovals(store: StoreContext): Promise<number> {
  let count = 0
  for (const { tenant_id: tenant } of await query<{ tenant_id: TenantId }>(store.pool, TENANTS, []))
    count += await sweepApprovalsOf({ ...store, tenant })
  return count
}

/** The same for one tenant. */
export async function sweepApprovalsOf(store: TenantContext): Promise<number> {
  let count = 0
  while (count < MOST && (await moveLate(store))) count++
  return count
}

async function moveLate(store: TenantContext): Promise<boolean> {
  return inTenant(store.pool, store.tenant, async (client) => {
    const [row] = await query<LateRow>(client, LATE, [store.tenant])
    if (row === undefined) return false
    const { approval_id, on_timeout, ...rest } = row
    const run = runOf(rest)
    const decided = decideCommand(run, { type: 'time_out_approval', approval: approval_id, outcome: on_timeout })
    if (!decided.ok) throw new Error(`a late request could not be moved: ${decided.refusal.message}`)
    const id: RunId = run.id
    return (await apply(store, writeOn(store, client), { id, holder: undefined, write: {}, decided: decided.value })).ok
  })
}
