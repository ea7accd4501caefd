import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Page, PageWish, TenantRecord, Tenants } from '#ports'
import { inTransaction, plain, query, type StoreContext } from './store-context.ts'
import { keyOf, pageOf } from './pages.ts'
import { changedSince, changeRow, settingsContext, type SettingsParts } from './recorded-change.ts'

const COLUMNS = 'tenant_id, name, created_at, closed_at, version'
const PAGE = {
  name: 'tenants_page',
  text: `select ${COLUMNS} from gander.tenant where $1::text is null or tenant_id > $1 order by tenant_id limit $2`,
}
const ONE = { name: 'tenant_by_id', text: `select ${COLUMNS} from gander.tenant where tenant_id = $1` }
const CREATE = {
  name: 'create_tenant',
  text: `insert into gander.tenant (tenant_id, name) values ($1, $2) on conflict do nothing returning ${COLUMNS}`,
}
const CLOSE = {
  name: 'close_tenant',
  text: `update gander.tenant set closed_at = coalesce(closed_at, clock_timestamp()), version = version + 1
    where tenant_id = $1 and ($2::bigint is null or version = $2) returning ${COLUMNS}`,
}
/** The one place where rows of several tenants are seen: which tenants there are. */
const ACROSS = "begin; set local gander.installation = 'on'"

/** Tenants in PostgreSQL; every change is told in the chain of the tenant that it concerns. */
export function createTenants(parts: SettingsParts): Tenants {
  const store = settingsContext(parts)
  return {
    list: (page) => tenantsPage(store, page),
    get: (tenant) =>
      inTransaction(store.pool, async (client) => (await query<TenantRecord>(client, ONE, [plain(tenant)]))[0], ACROSS),
    create: (name, by) => {
      const tenant_id = store.identifiers.make('tenant')
      const event = { event: 'tenant_created', facts: { tenant: tenant_id, name } } as const
      const absent = () => new GanderError('internal', `The tenant ${tenant_id} could not be made.`)
      return changeRow<TenantRecord>(store, tenant_id, by, {
        statement: CREATE,
        values: [tenant_id, plain(name)],
        event,
        absent,
      })
    },
    close: (tenant, by, version) => closeTenant(store, tenant, { by, version: version ?? null }),
  }
}

async function tenantsPage(store: StoreContext, page: PageWish): Promise<Page<TenantRecord>> {
  const [after] = keyOf(page.cursor, ['string']) ?? [null]
  const read = (values: readonly unknown[]) =>
    inTransaction(store.pool, (client) => query<TenantRecord>(client, PAGE, values), ACROSS)
  const rows = await read([after, page.limit + 1])
  return pageOf(rows, page, { item: (tenant) => tenant, key: ({ tenant_id }) => [tenant_id] })
}

function closeTenant(
  store: StoreContext,
  tenant: TenantId,
  { by, version }: { readonly by: string; readonly version: number | null },
): Promise<TenantRecord> {
  const absent: Parameters<typeof changeRow>[3]['absent'] = async (client) => {
    const [there] = await query(client, ONE, [tenant])
    return there === undefined
      ? new GanderError('tenant_not_found', `There is no tenant ${tenant}.`)
      : changedSince(`The tenant ${tenant}`)
  }
  const event = { event: 'tenant_closed', facts: { tenant } } as const
  return changeRow<TenantRecord>(store, tenant, by, { statement: CLOSE, values: [tenant, version], event, absent })
}
