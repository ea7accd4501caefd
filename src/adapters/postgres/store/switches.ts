import type { Client, PoolClient } from 'pg'
import { GanderError } from '#domain/failure'
import {
  questionOf,
  type KillSwitch,
  type SwitchAction,
  type SwitchQuestion,
  type SwitchReading,
  type SwitchScope,
} from '#domain/kill-switch'
import { LOCAL_TENANT, type RunId, type TenantId } from '#domain/ids'
import type { Identifiers, Switches } from '#ports'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, plain, query, type EventContext } from './store-context.ts'

interface SwitchRow {
  readonly tenant_id: TenantId
  readonly level: SwitchScope['level']
  readonly subject: string
  readonly actions: readonly SwitchAction[]
  readonly epoch: number
  readonly moved_by: string
  readonly moved_at: string
  readonly reason: string
}

const COLUMNS = 'tenant_id, level, subject, actions, epoch, moved_by, moved_at, reason'
const READ = {
  name: 'switches_of_tenant',
  text: `select clock_timestamp() as read_at,
      (select coalesce(sum(m.moves), 0)::float8 from gander.kill_switch_moves m where m.tenant_id in ($1, '*')) as moves,
      (select coalesce(json_agg(k order by k.moved_at), '[]') from (select ${COLUMNS} from gander.kill_switch
        where tenant_id in ($1, '*')) k) as switches`,
}
const QUESTION = {
  name: 'switch_question_of_run',
  text: `select t.repository, t.capability, t.contract ->> 'campaign_id' as campaign_id, r.mode
    from gander.run r join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
    where r.tenant_id = $1 and r.id = $2`,
}
const HELD = {
  name: 'held_switch',
  text: `select ${COLUMNS} from gander.kill_switch where tenant_id = $1 and level = $2 and subject = $3 for update`,
}
const MOVE = {
  name: 'move_switch',
  text: `insert into gander.kill_switch as k (tenant_id, level, subject, actions, epoch, moved_by, reason)
    values ($1, $2, $3, $4, 1, $5, $6)
    on conflict (tenant_id, level, subject) do update
      set actions = excluded.actions, epoch = k.epoch + 1, moved_by = excluded.moved_by,
        moved_at = clock_timestamp(), reason = excluded.reason
    returning ${COLUMNS}`,
}
/** Leases a second, and for how long, after a stop was lifted. */
const RESUME_PER_SECOND = 5
const RESUME_SECONDS = 30
const PACE = {
  name: 'pace_after_resume',
  text: `insert into gander.resume_pace as p (tenant_id, until, per_second)
    values ($1, clock_timestamp() + ${RESUME_SECONDS} * interval '1 second', ${RESUME_PER_SECOND})
    on conflict (tenant_id) do update set until = excluded.until`,
}
const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }
const BE_TENANT = { name: 'be_tenant', text: "select set_config('gander.tenant', $1, true)" }
const CHANNEL = 'gander_switches'
/** Belongs to no tenant. */
const EVERYTHING = '*' as TenantId
/** How long a broken listener waits before it tries again. */
const LISTEN_AGAIN_MS = 500

interface Move {
  readonly scope: SwitchScope
  readonly by: string
  readonly reason: string
  readonly event: 'kill_switch_thrown' | 'kill_switch_released'
  readonly next: (held: readonly SwitchAction[]) => readonly SwitchAction[]
}

/** Kill switches in PostgreSQL; every move leaves its event in the tenant's chain, in the same transaction. */
export function createSwitches(parts: {
  readonly database: Pick<Database, 'pool' | 'connect'>
  readonly identifiers: Identifiers
}): Switches {
  const store: EventContext = { pool: parts.database.pool, identifiers: parts.identifiers }
  return {
    read: (tenant) => inTenant(store.pool, tenant, (client) => read(client, tenant)),
    questionOf: (tenant, run) => inTenant(store.pool, tenant, (client) => questionOfRun(client, tenant, run)),
    stop: (scope, actions, by, reason) => {
      const next = (held: readonly SwitchAction[]) => [...new Set([...held, ...actions])]
      return move(store, { scope, by, reason, event: 'kill_switch_thrown', next })
    },
    resume: (scope, actions, by, reason) => {
      const next = (held: readonly SwitchAction[]) =>
        actions.length === 0 ? [] : held.filter((action) => !actions.includes(action))
      return move(store, { scope, by, reason, event: 'kill_switch_released', next })
    },
    watch: (changed) => watch(parts.database, changed),
  }
}

interface ReadRow {
  readonly read_at: string
  readonly moves: number
  readonly switches: readonly SwitchRow[]
}

async function read(client: PoolClient, tenant: TenantId): Promise<SwitchReading> {
  const [row] = await query<ReadRow>(client, READ, [tenant])
  if (row === undefined) throw new GanderError('internal', 'The switches could not be read.')
  return { switches: row.switches.map(switchOf), moves: row.moves, read_at: row.read_at }
}

async function questionOfRun(client: PoolClient, tenant: TenantId, run: RunId): Promise<SwitchQuestion | undefined> {
  const [row] = await query<Omit<Parameters<typeof questionOf>[0], 'tenant_id'>>(client, QUESTION, [tenant, run])
  return row === undefined ? undefined : questionOf({ tenant_id: tenant, ...row })
}

async function move(store: EventContext, { scope, by, reason, event, next }: Move): Promise<KillSwitch> {
  const [tenant, level, subject] = keyOf(scope)
  return inTenant(store.pool, tenant, async (client) => {
    const [held] = await query<SwitchRow>(client, HELD, [tenant, level, subject])
    const actions = next(held?.actions ?? [])
    const values = [tenant, level, subject, JSON.stringify(actions), plain(by), plain(reason)]
    const [row] = await query<SwitchRow>(client, MOVE, values)
    if (row === undefined) throw new GanderError('internal', 'A moved switch was not returned.')
    if (event === 'kill_switch_released') await query(client, PACE, [tenant])
    const facts = { level, subject, actions: [...actions], epoch: row.epoch, reason, by }
    // A move over everything is told in the chain of whoever runs the installation.
    const chain = tenant === EVERYTHING ? LOCAL_TENANT : tenant
    await query(client, BE_TENANT, [chain])
    const draft = { event, facts, resource_type: 'kill_switch', resource_id: `${level}:${subject}` }
    await query(client, APPEND, [chain, eventRows(store, [draft], chain, { actor_type: 'person', actor: by })])
    return switchOf(row)
  })
}

/** Listens on a connection of its own, and again where that breaks, until the returned function is called. */
async function watch(database: Pick<Database, 'connect'>, changed: () => void): Promise<() => Promise<void>> {
  let over = false
  let client: Client | undefined
  const lost = (): void => {
    client = undefined
    if (!over) setTimeout(() => void listen().catch(lost), LISTEN_AGAIN_MS).unref()
  }
  const listen = async (): Promise<void> => {
    if (over) return
    const next = await database.connect()
    // Whoever only listens has nothing left to do.
    if ('unref' in next && typeof next.unref === 'function') next.unref()
    client = next
    next.on('notification', changed)
    next.once('end', lost)
    await next.query(`listen ${CHANNEL}`)
    // What moved while nobody listened.
    changed()
  }
  await listen()
  return async () => {
    over = true
    await client?.end().catch(() => undefined)
  }
}

function keyOf(scope: SwitchScope): readonly [tenant: TenantId, level: SwitchScope['level'], subject: string] {
  switch (scope.level) {
    case 'global':
      return [EVERYTHING, 'global', '']
    case 'tenant':
      return [scope.tenant_id, 'tenant', '']
    case 'campaign':
      return [scope.tenant_id, 'campaign', scope.campaign_id]
    case 'repository':
      return [scope.tenant_id, 'repository', scope.repository]
    case 'capability':
      return [scope.tenant_id, 'capability', scope.capability]
    default:
      return scope satisfies never
  }
}

function switchOf({ tenant_id, level, subject, actions, epoch, moved_by, moved_at, reason }: SwitchRow): KillSwitch {
  // Inside a JSON answer the moment is not yet in the form that columns arrive in.
  const at = new Date(moved_at).toISOString()
  return { scope: scopeOf(tenant_id, level, subject), actions, epoch, moved_by, moved_at: at, reason }
}

function scopeOf(tenant_id: TenantId, level: SwitchScope['level'], subject: string): SwitchScope {
  switch (level) {
    case 'global':
      return { level }
    case 'tenant':
      return { level, tenant_id }
    case 'campaign':
      return { level, tenant_id, campaign_id: subject }
    case 'repository':
      return { level, tenant_id, repository: subject }
    case 'capability':
      return { level, tenant_id, capability: subject }
    default:
      return level satisfies never
  }
}
