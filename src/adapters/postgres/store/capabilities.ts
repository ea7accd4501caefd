import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { CapabilityRecord, CapabilityRecords, Identifiers } from '#ports'
import type { PoolClient } from 'pg'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, plain, query, type EventContext } from './store-context.ts'

const COLUMNS = 'id, state, hash, owner, changed_by, changed_at, reason'
const ALL = {
  name: 'capabilities',
  text: `select ${COLUMNS} from gander.capability where tenant_id = $1 order by id`,
}
const ONE = {
  name: 'capability',
  text: `select ${COLUMNS} from gander.capability where tenant_id = $1 and id = $2`,
}
/** Writes nothing, and gives nothing, where the same contract is there already. */
const REGISTER = {
  name: 'register_capability',
  text: `insert into gander.capability as c (tenant_id, id, state, hash, owner, changed_by, reason)
    values ($1, $2, 'active', $3, $4, $5, '')
    on conflict (tenant_id, id) do update set hash = excluded.hash, owner = excluded.owner
      where c.hash <> excluded.hash
    returning ${COLUMNS}`,
}
const MOVE = {
  name: 'move_capability',
  text: `insert into gander.capability (tenant_id, id, state, hash, owner, changed_by, reason)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (tenant_id, id) do update
      set state = excluded.state, hash = excluded.hash, owner = excluded.owner, changed_by = excluded.changed_by,
        changed_at = clock_timestamp(), reason = excluded.reason
    returning ${COLUMNS}`,
}
const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }

/** Capabilities in PostgreSQL, one tenant's at a time. */
export function createCapabilityRecords(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): CapabilityRecords {
  const { pool } = parts.database
  const store: EventContext = { pool, identifiers: parts.identifiers }
  const told = (client: PoolClient, tenant: TenantId, by: string, draft: EventDraft) =>
    query(client, APPEND, [tenant, eventRows(store, [draft], tenant, { actor_type: 'person', actor: by })])
  const found = (client: PoolClient, tenant: TenantId, id: string) =>
    query<CapabilityRecord>(client, ONE, [tenant, plain(id)])
  return {
    records: (tenant) => inTenant(pool, tenant, (client) => query<CapabilityRecord>(client, ALL, [tenant])),
    record: async (tenant, id) => (await inTenant(pool, tenant, (client) => found(client, tenant, id)))[0],
    register: (tenant, { id, hash, owner, by }) =>
      inTenant(pool, tenant, async (client) => {
        const values = [tenant, plain(id), hash, plain(owner), plain(by)]
        const [written] = await query<CapabilityRecord>(client, REGISTER, values)
        const facts = { capability: id, hash, owner }
        if (written !== undefined) await told(client, tenant, by, { event: 'capability_registered', facts })
        return written ?? present(await found(client, tenant, id))
      }),
    move: (tenant, { id, state, hash, owner, by, reason }) =>
      inTenant(pool, tenant, async (client) => {
        const values = [tenant, plain(id), state, hash, plain(owner), plain(by), plain(reason)]
        const written = await query<CapabilityRecord>(client, MOVE, values)
        const event = state === 'active' ? 'capability_enabled' : 'capability_disabled'
        await told(client, tenant, by, { event, facts: { capability: id, by, reason } })
        return present(written)
      }),
  }
}

function present([row]: readonly CapabilityRecord[]): CapabilityRecord {
  if (row === undefined) throw new GanderError('internal', 'A capability that was written was not returned.')
  return row
}
