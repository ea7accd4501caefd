import type { TenantId } from '#domain/ids'
import type { Page, PageWish, RepositoryAgreement, RepositoryRecord, RepositoryRecords } from '#ports'
import { keyOf, pageOf } from './pages.ts'
import { changedSince, changeRow, settingsContext, type SettingsParts } from './recorded-change.ts'
import { inTenant, plain, plainOrNull, query, type StoreContext } from './store-context.ts'

const COLUMNS = `repository, owner_team, risk_tier, allowed_task_classes, forbidden_paths, verifier_profile,
  instructions_file, required_reviewers, autonomy_max, domains, runtime, data_classes, coverage, version, changed_by, changed_at`
const PAGE = {
  name: 'repositories_page',
  text: `select ${COLUMNS} from gander.repository where tenant_id = $1 and ($2::text is null or repository > $2)
    order by repository limit $3`,
}
const ONE = {
  name: 'repository_of_tenant',
  text: `select ${COLUMNS} from gander.repository where tenant_id = $1 and repository = $2`,
}
/** Members that are not in the set of names stay as they are. Version 0 means that there must be none yet. */
const PUT = {
  name: 'put_repository',
  text: `insert into gander.repository as r (tenant_id, repository, changed_by, owner_team, risk_tier,
      allowed_task_classes, forbidden_paths, verifier_profile, instructions_file, required_reviewers, autonomy_max,
      domains, runtime, data_classes, coverage)
    select $1, $2, $3, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
    where $4::bigint is null or $4 = coalesce((select version from gander.repository where tenant_id = $1 and repository = $2), 0)
    on conflict (tenant_id, repository) do update set
      owner_team = case when 'owner_team' = any($5::text[]) then excluded.owner_team else r.owner_team end,
      risk_tier = case when 'risk_tier' = any($5::text[]) then excluded.risk_tier else r.risk_tier end,
      allowed_task_classes = case when 'allowed_task_classes' = any($5::text[]) then excluded.allowed_task_classes
        else r.allowed_task_classes end,
      forbidden_paths = case when 'forbidden_paths' = any($5::text[]) then excluded.forbidden_paths
        else r.forbidden_paths end,
      verifier_profile = case when 'verifier_profile' = any($5::text[]) then excluded.verifier_profile
        else r.verifier_profile end,
      instructions_file = case when 'instructions_file' = any($5::text[]) then excluded.instructions_file
        else r.instructions_file end,
      required_reviewers = case when 'required_reviewers' = any($5::text[]) then excluded.required_reviewers
        else r.required_reviewers end,
      autonomy_max = case when 'autonomy_max' = any($5::text[]) then excluded.autonomy_max else r.autonomy_max end,
      domains = case when 'domains' = any($5::text[]) then excluded.domains else r.domains end,
      runtime = case when 'runtime' = any($5::text[]) then excluded.runtime else r.runtime end,
      data_classes = case when 'data_classes' = any($5::text[]) then excluded.data_classes else r.data_classes end,
      coverage = case when 'coverage' = any($5::text[]) then excluded.coverage else r.coverage end,
      changed_by = excluded.changed_by, changed_at = clock_timestamp(), version = r.version + 1
    where $4::bigint is null or r.version = $4
    returning ${COLUMNS}`,
}

/** Onboarded repositories in PostgreSQL; each change leaves its event in the tenant's chain. */
export function createRepositoryRecords(parts: SettingsParts): RepositoryRecords {
  const store = settingsContext(parts)
  return {
    list: (tenant, page) => recordsPage(store, tenant, page),
    get: async (tenant, repository) =>
      inTenant(
        store.pool,
        tenant,
        async (client) => (await query<RepositoryRecord>(client, ONE, [tenant, plain(repository)]))[0],
      ),
    put: (...[tenant, repository, agreement, by]) => {
      const named = Object.keys(agreement)
      const event = { event: 'repository_recorded', facts: { repository, changed: named, by: by.name } } as const
      const values = [tenant, plain(repository), plain(by.name), by.version ?? null, named, ...columns(agreement)]
      const absent = () => changedSince(`The record of ${repository}`)
      return changeRow<RepositoryRecord>(store, tenant, by.name, { statement: PUT, values, event, absent })
    },
  }
}

async function recordsPage(store: StoreContext, tenant: TenantId, page: PageWish): Promise<Page<RepositoryRecord>> {
  const [after] = keyOf(page.cursor, ['string']) ?? [null]
  const values = [tenant, after, page.limit + 1]
  const rows = await inTenant(store.pool, tenant, (client) => query<RepositoryRecord>(client, PAGE, values))
  return pageOf(rows, page, { item: (record) => record, key: ({ repository }) => [repository] })
}

const columns = (agreement: Partial<RepositoryAgreement>) => [
  plainOrNull(agreement.owner_team),
  agreement.risk_tier ?? null,
  (agreement.allowed_task_classes ?? null) === null
    ? null
    : JSON.stringify((agreement.allowed_task_classes ?? []).map(plain)),
  JSON.stringify((agreement.forbidden_paths ?? []).map(plain)),
  plainOrNull(agreement.verifier_profile),
  plainOrNull(agreement.instructions_file),
  JSON.stringify((agreement.required_reviewers ?? []).map(plain)),
  agreement.autonomy_max ?? null,
  JSON.stringify((agreement.domains ?? []).map(plain)),
  agreement.runtime ?? null,
  JSON.stringify(agreement.data_classes ?? []),
  agreement.coverage ?? null,
]
