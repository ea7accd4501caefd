import type { RunId, TenantId } from '#domain/ids'
import type { Task } from '#domain/task'
import type {
  ArtifactFilter,
  ListedArtifact,
  Page,
  PageWish,
  PolicyDecision,
  RunArtifact,
  RunFilter,
  RunOverview,
  RunQueries,
  StepRecord,
} from '#ports'
import type { Pool } from 'pg'
import type { Database } from '../database/open-database.ts'
import { APPROVAL_COLUMNS, approvalOf, type ApprovalRow } from './approvals.ts'
import { keyOf, pageOf } from './pages.ts'
import { decisionOf, OVERVIEW } from './read-runs.ts'
import { overviewOf, type OverviewRow } from './run-row.ts'
import { queryOf, type Statement } from './store-context.ts'

/** Identifiers sort by time, so a list that goes by them needs no other key. */
const RUNS = {
  name: 'runs_page',
  text: `${OVERVIEW} where r.tenant_id = $1 and ($2::text is null or r.id < $2) and ($3::text is null or r.state = $3)
    and ($4::text is null or t.repository = $4) and ($5::text is null or r.task_id = $5)
    and ($7::text is null or t.capability = $7) and ($8::timestamptz is null or r.created_at >= $8)
    and ($9::timestamptz is null or r.created_at < $9) order by r.id desc limit $6`,
}
const RUN = { name: 'run_of_tenant', text: `${OVERVIEW} where r.tenant_id = $1 and r.id = $2` }
const TASKS = {
  name: 'tasks_page',
  text: `select id, contract from gander.task where tenant_id = $1 and ($2::text is null or id < $2)
    order by id desc limit $3`,
}
const TASK = { name: 'task_of_tenant', text: 'select contract from gander.task where tenant_id = $1 and id = $2' }
const STEPS = {
  name: 'steps_page',
  text: `select n, key, kind, request_sha256, intent_at, outcome, outcome_at, tree, cost_usd from gander.step
    where tenant_id = $1 and run_id = $2 and n > coalesce($3::bigint, 0) order by n limit $4`,
}
const byPosition = (table: string): string => `select * from gander.${table}
  where tenant_id = $1 and run_id = $2 and position > coalesce($3, 0) order by position limit $4`
const ARTIFACTS = { name: 'artifacts_page', text: byPosition('artifact') }
const DECISIONS = { name: 'decisions_page', text: byPosition('policy_decision') }
const ARTIFACT = {
  name: 'artifact_of_tenant',
  text: `select a.kind, a.name, a.sha256, a.bytes, a.data_class, t.repository
    from gander.artifact a join gander.run r on r.tenant_id = a.tenant_id and r.id = a.run_id
    join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
    where a.tenant_id = $1 and a.sha256 = $2 order by a.position desc limit 1`,
}
const LISTED = {
  name: 'artifacts_of_tenant',
  text: `select a.position, a.run_id, a.kind, a.name, a.sha256, a.bytes, a.data_class, a.created_at, t.repository
    from gander.artifact a join gander.run r on r.tenant_id = a.tenant_id and r.id = a.run_id
    join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
    where a.tenant_id = $1 and ($2::bigint is null or a.position < $2) and a.expired_at is null
      and ($3::text is null or a.run_id = $3) and ($4::text is null or a.kind = $4)
      and ($5::text is null or a.data_class = $5) and ($6::text is null or t.repository = $6)
      and ($7::text[] is null or exists (select from unnest($7::text[]) e where right(a.name, length(e)) = e))
    order by a.position desc limit $8`,
}
const APPROVALS = {
  name: 'approvals_of_tenant',
  text: `select ${APPROVAL_COLUMNS} from gander.approval a where a.tenant_id = $1 and a.run_id = $2
    order by a.requested_at, a.id`,
}

type Positioned<Item> = Item & { readonly position: number }

/** Reads pages of a tenant's record. @throws GanderError `database_unavailable` from every method */
export function createRunQueries({ database: { pool } }: { readonly database: Pick<Database, 'pool'> }): RunQueries {
  return {
    runs: (tenant, filter, page) => runsPage(pool, tenant, filter, page),
    run: async (tenant, run) => {
      const [row] = await queryOf<OverviewRow>({ pool, tenant }, RUN, [tenant, run])
      return row === undefined ? undefined : overviewOf(row)
    },
    tasks: (tenant, page) => tasksPage(pool, tenant, page),
    task: async (tenant, task) =>
      (await queryOf<{ contract: Task }>({ pool, tenant }, TASK, [tenant, task]))[0]?.contract,
    steps: async (tenant, run, page) => {
      const rows = await ofRun<StepRecord>(pool, STEPS, { tenant, run, page })
      return pageOf(rows, page, { item: (step) => step, key: (step) => [step.n] })
    },
    artifacts: async (tenant, run, page) => {
      const rows = await ofRun<Positioned<RunArtifact>>(pool, ARTIFACTS, { tenant, run, page })
      return pageOf(rows, page, { item: artifactOf, key: ({ position }) => [position] })
    },
    listArtifacts: (tenant, filter, page) => listedPage(pool, tenant, filter, page),
    artifact: async (tenant, sha) =>
      (await queryOf<RunArtifact & { readonly repository: string }>({ pool, tenant }, ARTIFACT, [tenant, sha]))[0],
    decisions: async (tenant, run, page) => {
      const rows = await ofRun<Positioned<PolicyDecision>>(pool, DECISIONS, { tenant, run, page })
      return pageOf(rows, page, { item: decisionOf, key: ({ position }) => [position] })
    },
    approvals: async (tenant, run) =>
      (await queryOf<ApprovalRow>({ pool, tenant }, APPROVALS, [tenant, run])).map(approvalOf),
  }
}

async function runsPage(pool: Pool, tenant: TenantId, filter: RunFilter, page: PageWish): Promise<Page<RunOverview>> {
  const [after] = keyOf(page.cursor, ['string']) ?? [null]
  const { state = null, repository = null, task_id = null, capability = null, since = null, until = null } = filter
  const values = [tenant, after, state, repository, task_id, page.limit + 1, capability, since, until]
  return pageOf(await queryOf<OverviewRow>({ pool, tenant }, RUNS, values), page, {
    item: overviewOf,
    key: ({ id }) => [id],
  })
}

async function listedPage(pool: Pool, tenant: TenantId, filter: ArtifactFilter, page: PageWish) {
  const [before = null] = keyOf(page.cursor, ['number']) ?? []
  const { run = null, kind = null, data_class = null, repository = null, endings = null } = filter
  const values = [tenant, before, run, kind, data_class, repository, endings, page.limit + 1]
  return pageOf(await queryOf<Positioned<ListedArtifact>>({ pool, tenant }, LISTED, values), page, {
    item: (row): ListedArtifact => {
      const { run_id, repository: from, created_at } = row
      return { ...artifactOf(row), run_id, repository: from, created_at }
    },
    key: ({ position }) => [position],
  })
}

async function tasksPage(pool: Pool, tenant: TenantId, page: PageWish): Promise<Page<Task>> {
  const [after] = keyOf(page.cursor, ['string']) ?? [null]
  const rows = await queryOf<{ id: string; contract: Task }>({ pool, tenant }, TASKS, [tenant, after, page.limit + 1])
  return pageOf(rows, page, { item: ({ contract }) => contract, key: ({ id }) => [id] })
}

interface OfRun {
  readonly tenant: TenantId
  readonly run: RunId
  readonly page: PageWish
}

async function ofRun<Row extends object>(pool: Pool, statement: Statement, { tenant, run, page }: OfRun) {
  const [after] = keyOf(page.cursor, ['number']) ?? [null]
  return queryOf<Row>({ pool, tenant }, statement, [tenant, run, after, page.limit + 1])
}

const artifactOf = ({ kind, name, sha256, bytes, data_class }: RunArtifact): RunArtifact => ({
  kind,
  name,
  sha256,
  bytes,
  data_class,
})
