import { createHash } from 'node:crypto'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Identifiers } from '#ports'
import type { PoolClient } from 'pg'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, query, type Statement, type StoreContext } from './store-context.ts'

/** What a store of settings is made of. */
export interface SettingsParts {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}

/** The context of such a store. */
export const settingsContext = ({ database, identifiers }: SettingsParts): StoreContext => ({
  pool: database.pool,
  identifiers,
  sha256: (text) => createHash('sha256').update(text).digest('hex'),
})

/** A change of one row, with the event that tells it. */
export interface RowChange {
  readonly statement: Statement
  readonly values: readonly unknown[]
  readonly event: EventDraft
  /** Says why the statement met no row. */
  readonly absent: (client: PoolClient) => Promise<GanderError> | GanderError
}

const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }

/** Changes a row of a tenant and appends its event, in one transaction. */
export const changeRow = <Row extends object>(
  store: StoreContext,
  tenant: TenantId,
  by: string,
  { statement, values, event, absent }: RowChange,
): Promise<Row> =>
  inTenant(store.pool, tenant, async (client) => {
    const [row] = await query<Row>(client, statement, values)
    if (row === undefined) throw await absent(client)
    const actor = { actor_type: 'person', actor: by } as const
    await query(client, APPEND, [tenant, eventRows(store, [{ resource_type: 'tenant', ...event }], tenant, actor)])
    return row
  })

/** What somebody changed since it was read. */
export const changedSince = (what: string): GanderError =>
  new GanderError('resource_changed', `${what} was changed since it was read.`)
