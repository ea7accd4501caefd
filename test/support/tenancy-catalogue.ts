/** What the catalogue must look like for one tenant's rows to stay that tenant's. */

type Ask = (text: string) => Promise<readonly Record<string, unknown>[]>

/** Belongs to the program, not to tenants: which migrations were applied. */
const OF_NOBODY = ['schema_migration']

/** What runs with the owner's rights, each with what it is for; whatever is not here is a defect. */
const DEFINERS: Readonly<Record<string, string>> = {
  abandon_exchanges: 'marks calls of a dead gateway, tenant by tenant',
  append_events: 'the only way into the ledger',
  count_switch_move: 'counts the moves of switches',
  guard_lease: 'lets no lease pass a switch',
  any_stop: 'says whether anything may stand in the way of a lease',
  lease_stop: 'says why a run may not be leased',
  measure_runs: 'keeps what a run measured',
  move_approval: 'keeps answers in order',
  lease_runs: 'chooses whose turn it is, and leases',
  lease_of: 'leases the runs that are next',
  record_act: 'counts acts of gateways',
  record_approval: 'keeps requests from the ledger',
  spend_scopes: 'books what was spent over many runs',
  room_of: 'says how many more runs a tenant may hold',
  tenant_of_run: 'says whose a run is',
  tenants_to_reconcile: 'says whose ended runs were not looked at yet',
  tenants_awaiting_people: 'says whose runs wait too long',
  tenants_to_sweep: 'says whose runs nobody works on',
  tenants_with_open_guest_calls: 'says whose calls a dead gateway left',
  warn_scope: 'tells that a budget over many runs runs low',
}

/** Policies that show more than the tenant's own rows: to everyone what holds for everyone, to the owner's functions the rest. */
const WIDER = ['platform_sees', 'platform_takes_turns', 'for_every_tenant', 'of_the_owner', 'installation_tenants']
const OWN = '(tenant_id = gander.tenant())'

/** Every way in which the schema lets a tenant's rows be seen or told by another; empty where there is none. */
export async function catalogueDefects(ask: Ask): Promise<readonly string[]> {
  const questions = [
    `select format('%s is not under forced row-level security', c.relname) as defect from pg_class c
      where ${IN_SCHEMA} and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`,
    `select format('%s has no policy own_tenant that compares the tenant', c.relname) as defect from pg_class c
      where ${IN_SCHEMA} and c.relkind in ('r', 'p') and not exists (select from pg_policies p
        where p.schemaname = 'gander' and p.tablename = c.relname and p.policyname = 'own_tenant' and p.cmd = 'ALL'
          and p.qual = '${OWN}' and p.with_check = '${OWN}')`,
    `select format('%s has the policy %s, which is not on the list', p.tablename, p.policyname) as defect
      from pg_policies p where p.schemaname = 'gander' and p.policyname <> 'own_tenant'
        and p.policyname <> all (${listed(WIDER)})`,
    `select format('the policy %s of %s is for the application', p.policyname, p.tablename) as defect from pg_policies p
      where p.schemaname = 'gander' and (p.qual = 'true' or p.with_check = 'true')
        and p.roles && '{public,gander_app}'::name[]`,
    `select format('the view %s does not run as who asks', c.relname) as defect from pg_class c
      where ${IN_SCHEMA} and c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'], false)`,
    `select format('%s keeps rows of all tenants', c.relname) as defect from pg_class c
      where ${IN_SCHEMA} and c.relkind = 'm'`,
    `select format('the function %s runs as the owner and is not on the list', p.proname) as defect from pg_proc p
      where p.pronamespace = 'gander'::regnamespace and p.prosecdef and p.proname <> all (${listed(Object.keys(DEFINERS))})`,
    `select format('the function %s runs as the owner without a search_path of its own', p.proname) as defect from pg_proc p
      where p.pronamespace = 'gander'::regnamespace and p.prosecdef
        and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)`,
    `select format('the key %s does not hold the tenant', x.key) as defect from (
        select i.indexrelid::regclass::text as key, i.indrelid as rel, i.indkey::smallint[] as columns
        from pg_index i where i.indisunique
        union all select k.conname, k.conrelid, k.conkey from pg_constraint k where k.contype in ('f', 'x')
      ) x join pg_class c on c.oid = x.rel where ${IN_SCHEMA} and not exists (select from pg_attribute a
        where a.attrelid = x.rel and a.attname = 'tenant_id' and a.attnum = any(x.columns))`,
    `select format('%s may %s %s', 'gander_app', v.verb, c.relname) as defect from pg_class c,
        unnest(array['truncate', 'references', 'trigger']) as v (verb)
      where ${IN_SCHEMA} and c.relkind = 'r' and has_table_privilege('gander_app', c.oid, v.verb)`,
    `select format('%s is published to subscribers', pubname) as defect from pg_publication`,
  ]
  const found: Record<string, unknown>[] = []
  for (const question of questions) found.push(...(await ask(question)))
  return found.map(({ defect }) => String(defect))
}

const listed = (names: readonly string[]): string => `array[${names.map((name) => `'${name}'`).join(', ')}]::name[]`
const IN_SCHEMA = `c.relnamespace = 'gander'::regnamespace and c.relname <> all (${listed(OF_NOBODY)})`

/** A table of tenants with the columns that a row needs a value for. */
export interface TenantTable {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string; readonly given: boolean }[]
}

/** Every table that has a tenant, as the catalogue knows it. */
export async function tenantTables(ask: Ask): Promise<readonly TenantTable[]> {
  const rows = await ask(`select c.relname as table, a.attname as column, a.atttypid::regtype::text as type,
      a.attidentity = '' and a.attgenerated = '' as given
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where ${IN_SCHEMA} and c.relkind in ('r', 'p') order by c.relname, a.attnum`)
  const names = [...new Set(rows.map((row) => String(row['table'])))]
  return names.map((name) => ({
    name,
    columns: rows
      .filter((row) => row['table'] === name)
      .map((row) => ({ name: String(row['column']), type: String(row['type']), given: row['given'] === true })),
  }))
}

const VALUES: Readonly<Record<string, string>> = {
  text: "'x'",
  json: "'{}'",
  jsonb: "'{}'",
  boolean: 'false',
  'timestamp with time zone': "'2026-01-01T00:00:00Z'",
  'text[]': "'{}'",
  bytea: "''",
  date: "'2026-01-01'",
}

/** The statement that puts one row of a tenant into a table; no constraint but its keys and its policies is to hold. */
export function rowOf(table: TenantTable, tenant: string): string {
  const given = table.columns.filter((column) => column.given)
  const values = given.map(({ name, type }) => (name === 'tenant_id' ? `'${tenant}'` : (VALUES[type] ?? '1')))
  const columns = given.map(({ name }) => `"${name}"`)
  return `insert into gander."${table.name}" (${columns.join(', ')}) values (${values.join(', ')})`
}
