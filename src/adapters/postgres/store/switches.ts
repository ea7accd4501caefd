import { GanderError } from '#domain/failure'
import type { KillSwitch, SwitchAction, SwitchScope } from '#domain/kill-switch'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { Identifiers, Switches } from '#ports'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTransaction, plain, query, type StoreContext } from './store-context.ts'

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
const THROWN = {
  name: 'thrown_switches',
  text: `select ${COLUMNS} from gander.kill_switch where json_array_length(actions) > 0`,
}
const NOW = { name: 'database_time', text: 'select clock_timestamp() as read_at' }
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
const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }
const CHANNEL = 'gander_switches'
/** Belongs to no tenant. */
const EVERYTHING = '*'

interface Move {
  readonly scope: SwitchScope
  readonly by: string
  readonly reason: string
  readonly event: 'kill_switch_thrown' | 'kill_switch_released'
  readonly next: (held: readonly SwitchAction[]) => readonly SwitchAction[]
}

/** Kill switches in PostgreSQL; every move leaves its event in the tenant's chain, in the same transaction. */
export function createSwitches(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): Switches {
  const store: StoreContext = { pool: parts.database.pool, identifiers: parts.identifiers, sha256: () => '' }
  return {
    async thrown() {
      const [rows, [now]] = await Promise.all([
        query<SwitchRow>(store.pool, THROWN, []),
        query<{ read_at: string }>(store.pool, NOW, []),
      ])
      return { switches: rows.map(switchOf), read_at: now?.read_at ?? new Date(0).toISOString() }
    },
    stop: (scope, actions, by, reason) => {
      const next = (held: readonly SwitchAction[]) => [...new Set([...held, ...actions])]
      return move(store, { scope, by, reason, event: 'kill_switch_thrown', next })
    },
    resume: (scope, actions, by, reason) => {
      const next = (held: readonly SwitchAction[]) =>
        actions.length === 0 ? [] : held.filter((action) => !actions.includes(action))
      return move(store, { scope, by, reason, event: 'kill_switch_released', next })
    },
    watch: (changed) => watch(store, changed),
  }
}

async function move(store: StoreContext, { scope, by, reason, event, next }: Move): Promise<KillSwitch> {
  const [tenant, level, subject] = keyOf(scope)
  return inTransaction(store.pool, async (client) => {
    const [held] = await query<SwitchRow>(client, HELD, [tenant, level, subject])
    const actions = next(held?.actions ?? [])
    const values = [tenant, level, subject, JSON.stringify(actions), plain(by), plain(reason)]
    const [row] = await query<SwitchRow>(client, MOVE, values)
    if (row === undefined) throw new GanderError('internal', 'A moved switch was not returned.')
    const facts = { level, subject, actions: [...actions], epoch: row.epoch, reason, by }
    const chain = tenant === EVERYTHING ? LOCAL_TENANT : (tenant as TenantId)
    const draft = { event, facts, resource_type: 'kill_switch', resource_id: `${level}:${subject}` }
    await query(client, APPEND, [chain, eventRows(store, [draft], chain, { actor_type: 'person', actor: by })])
    return switchOf(row)
  })
}

/** Listens on a connection of its own until the returned function is called; a broken one ends the hints, not the truth. */
async function watch(store: StoreContext, changed: () => void): Promise<() => Promise<void>> {
  const client = await store.pool.connect()
  let broken = false
  client.on('notification', changed)
  client.on('error', () => (broken = true))
  await client.query(`listen ${CHANNEL}`)
  return async () => {
    client.off('notification', changed)
    if (!broken) await client.query(`unlisten ${CHANNEL}`).catch(() => (broken = true))
    client.release(broken)
  }
}

function keyOf(scope: SwitchScope): readonly [tenant: string, level: SwitchScope['level'], subject: string] {
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
  }
}

function switchOf({ tenant_id, level, subject, actions, epoch, moved_by, moved_at, reason }: SwitchRow): KillSwitch {
  return { scope: scopeOf(tenant_id, level, subject), actions, epoch, moved_by, moved_at, reason }
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
  }
}
