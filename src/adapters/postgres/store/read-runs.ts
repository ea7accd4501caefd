import type { LedgerEvent } from '#domain/event'
import type { RunId, TenantId } from '#domain/ids'
import type { PolicyDecision, PullRequestLink, RunArtifact, RunOverview } from '#ports'
import { ledgerEventOf, type LedgerRow } from './ledger-events.ts'
import { overviewOf, type OverviewRow } from './run-row.ts'
import { queryOf, type TenantContext } from './store-context.ts'

/** Reads runs with their task and budget; a `where` over `r` and `t` follows. */
export const OVERVIEW = `select r.*, t.contract, b.max_cost_usd, b.max_minutes, b.max_steps, b.max_tokens, b.max_repairs,
    b.cost_usd, b.reserved_usd, b.active_ms, b.steps, b.tokens
  from gander.run r
  join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
  join gander.budget b on b.tenant_id = r.tenant_id and b.run_id = r.id`
const ONE = { name: 'run_overview', text: `${OVERVIEW} where r.id = $1` }
const NEWEST = {
  name: 'newest_runs',
  text: `${OVERVIEW} where r.tenant_id = $1 order by r.created_at desc, r.id desc limit $2`,
}

/** A run with its task and budget; undefined when there is none. */
export async function loadOverview(store: TenantContext, run: RunId): Promise<RunOverview | undefined> {
  const [row] = await queryOf<OverviewRow>(store, ONE, [run])
  return row === undefined ? undefined : overviewOf(row)
}

/** A tenant's runs, the newest first. */
export async function listRuns(store: TenantContext, tenant: TenantId, limit: number): Promise<readonly RunOverview[]> {
  const rows = await queryOf<OverviewRow>(store, NEWEST, [tenant, limit])
  return rows.map(overviewOf)
}

const ofRun = (table: string, order: string) => `select x.* from gander.${table} x
  join gander.run r on r.tenant_id = x.tenant_id and r.id = x.run_id where r.id = $1 ${order}`
const ARTIFACTS = { name: 'artifacts_of_run', text: ofRun('artifact', 'order by x.position') }
const DECISIONS = { name: 'decisions_of_run', text: ofRun('policy_decision', 'order by x.position') }
const PULL_REQUEST = { name: 'pull_request_of_run', text: ofRun('pull_request_link', '') }

/** A run's artifacts in the order they were recorded. */
export async function readArtifacts(store: TenantContext, run: RunId): Promise<readonly RunArtifact[]> {
  const rows = await queryOf<RunArtifact>(store, ARTIFACTS, [run])
  return rows.map(({ kind, name, sha256, bytes, data_class }) => ({ kind, name, sha256, bytes, data_class }))
}

/** A run's policy decisions in the order they were recorded. */
export async function readDecisions(store: TenantContext, run: RunId): Promise<readonly PolicyDecision[]> {
  const rows = await queryOf<PolicyDecision>(store, DECISIONS, [run])
  return rows.map(decisionOf)
}

/** The decision of a row, without the columns that are the database's own. */
export function decisionOf(row: PolicyDecision): PolicyDecision {
  const { decision_id, run_id, answer, action, args_hash, requested, matched_rules, explanation, policy_version } = row
  return { decision_id, run_id, answer, action, args_hash, requested, matched_rules, explanation, policy_version }
}

/** The pull request of a run; undefined when it has none. */
export async function readPullRequest(store: TenantContext, run: RunId): Promise<PullRequestLink | undefined> {
  const [row] = await queryOf<PullRequestLink>(store, PULL_REQUEST, [run])
  if (row === undefined) return undefined
  const { url, number, branch, head_commit, idempotency_key } = row
  return { url, number, branch, head_commit, idempotency_key }
}

const EVENTS = { name: 'events_of_run', text: ofRun('audit_event', 'and x.run_seq > $2 order by x.run_seq') }
const CHAIN = {
  name: 'chain_of_tenant',
  text: 'select * from gander.audit_event where tenant_id = $1 and seq > $2 order by seq limit $3',
}

/** A run's events after a position, in order. */
export async function readEvents(store: TenantContext, run: RunId, after: number): Promise<readonly LedgerEvent[]> {
  const rows = await queryOf<LedgerRow>(store, EVENTS, [run, after])
  return rows.map(ledgerEventOf)
}

/** A page of a tenant's chain. */
export async function readChain(
  store: TenantContext,
  tenant: TenantId,
  after: number,
  limit: number,
): Promise<readonly LedgerEvent[]> {
  const rows = await queryOf<LedgerRow>(store, CHAIN, [tenant, after, limit])
  return rows.map(ledgerEventOf)
}
