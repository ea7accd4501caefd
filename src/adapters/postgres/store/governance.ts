import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import { LOCAL_TENANT, type RunId, type TenantId } from '#domain/ids'
import type { Run } from '#domain/run'
import type { Governance, Identifiers, RunStore, SchedulerPause } from '#ports'
import type { PoolClient } from 'pg'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, plain, query, type EventContext } from './store-context.ts'

const PAUSE = {
  name: 'pause_scheduler',
  text: `insert into gander.scheduler_pause as s (tenant_id, paused_by, reason) values ($1, $2, $3)
    on conflict (tenant_id) do update set paused_by = excluded.paused_by, reason = excluded.reason,
      paused_at = clock_timestamp(), resumed_at = null
    returning tenant_id, paused_by, paused_at, reason`,
}
const RESUME = {
  name: 'resume_scheduler',
  text: `update gander.scheduler_pause set resumed_at = clock_timestamp()
    where tenant_id = $1 and resumed_at is null returning tenant_id`,
}
const PAUSES = {
  name: 'scheduler_pauses',
  text: `select tenant_id, paused_by, paused_at, reason from gander.scheduler_pause
    where tenant_id in ($1, '*') and resumed_at is null order by paused_at`,
}
const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }
const BE_TENANT = { name: 'be_tenant', text: "select set_config('gander.tenant', $1, true)" }
/** Every tenant. */
const EVERYONE = '*' as TenantId

interface PauseRow extends Omit<SchedulerPause, 'tenant_id'> {
  readonly tenant_id: TenantId
}

/** The operator's acts in PostgreSQL. */
export function createGovernance(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
  /** The runs of one tenant. */
  readonly storeOf: (tenant: TenantId) => Pick<RunStore, 'command' | 'load'>
}): Governance {
  const store: EventContext = { pool: parts.database.pool, identifiers: parts.identifiers }
  return {
    pauseScheduler: (tenant, by, reason) =>
      inTenant(store.pool, tenant ?? EVERYONE, async (client) => {
        const [row] = await query<PauseRow>(client, PAUSE, [tenant ?? EVERYONE, plain(by), plain(reason)])
        if (row === undefined) throw new GanderError('internal', 'A paused scheduler was not returned.')
        await tell(store, client, { tenant, by, reason, event: 'scheduler_paused' })
        return pauseOf(row)
      }),
    resumeScheduler: (tenant, by, reason) =>
      inTenant(store.pool, tenant ?? EVERYONE, async (client) => {
        const resumed = await query(client, RESUME, [tenant ?? EVERYONE])
        if (resumed.length > 0) await tell(store, client, { tenant, by, reason, event: 'scheduler_resumed' })
        return resumed.length > 0
      }),
    schedulerPauses: (tenant) =>
      inTenant(store.pool, tenant, async (client) =>
        (await query<PauseRow>(client, PAUSES, [tenant])).map((row) => pauseOf(row)),
      ),
    revokeLease: (tenant, run, by, reason) => revoke(parts.storeOf(tenant), run, { by, reason }),
  }
}

const pauseOf = ({ tenant_id, paused_by, paused_at, reason }: PauseRow): SchedulerPause => ({
  tenant_id: tenant_id === EVERYONE ? null : tenant_id,
  paused_by,
  paused_at,
  reason,
})

interface Told {
  readonly tenant: TenantId | null
  readonly by: string
  readonly reason: string
  readonly event: 'scheduler_paused' | 'scheduler_resumed'
}

/** What concerns every tenant is told in the chain of whoever runs the installation. */
async function tell(store: EventContext, client: PoolClient, { tenant, by, reason, event }: Told): Promise<void> {
  const chain = tenant ?? LOCAL_TENANT
  const scope = tenant ?? 'everything'
  const draft: EventDraft = {
    event,
    facts: { scope, by, reason },
    resource_type: 'scheduler',
    resource_id: scope,
  }
  await query(client, BE_TENANT, [chain])
  await query(client, APPEND, [chain, eventRows(store, [draft], chain, { actor_type: 'person', actor: by })])
}

interface Revoking {
  readonly by: string
  readonly reason: string
}

/** The worker learns of it at its next write, which is refused; whoever leases the run next has a higher fence. */
async function revoke(store: Pick<RunStore, 'command' | 'load'>, id: RunId, { by, reason }: Revoking): Promise<Run> {
  const before = await store.load(id)
  if (before === undefined) throw new GanderError('run_not_found', `There is no run ${id}.`)
  if (!('lease' in before.run))
    throw new GanderError('run_not_in_state', `No worker has run ${id}: it is ${before.run.state}.`, {
      remedy: `\`gander show ${id}\` tells where it stands.`,
    })
  const { worker, fence } = before.run.lease
  const told: EventDraft = {
    event: 'lease_revoked',
    facts: { worker, fence, by, reason },
    actor_type: 'person',
    actor: by,
  }
  const done = await store.command(id, { type: 'return_to_queue', reason: 'worker_left' }, [told])
  if (!done.ok) throw new GanderError('run_not_in_state', done.refusal.message)
  return done.value
}
