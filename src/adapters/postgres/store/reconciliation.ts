import { createHash } from 'node:crypto'
import type { EventDraft } from '#domain/event'
import type { RunId, TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import type { Identifiers, OpenStep, PlannedPublication, PublicationFinding, Reconciliation } from '#ports'
import type { Database } from '../database/open-database.ts'
import { eventRows, PLATFORM } from './ledger-events.ts'
import { inTenant, plain, query, type StoreContext } from './store-context.ts'

const TENANTS = {
  name: 'tenants_to_reconcile',
  text: 'select tenant_id from gander.tenants_to_reconcile() as tenant_id',
}
const ENDED = "r.state in ('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')"
const LONG_AGO = "r.updated_at < clock_timestamp() - $2 * interval '1 millisecond'"
const OPEN = {
  name: 'open_steps_of_ended',
  text: `select s.tenant_id, s.run_id, s.n, s.key, s.reserve_usd, exists (select from gander.exchange e
      where e.tenant_id = s.tenant_id and e.call_key > s.run_id || '/' || s.n || '/'
        and e.call_key < s.run_id || '/' || s.n || '0') as was_sent
    from gander.step s join gander.run r on r.tenant_id = s.tenant_id and r.id = s.run_id
    where s.tenant_id = $1 and s.outcome_at is null and ${ENDED} and ${LONG_AGO} order by s.run_id, s.n limit $3`,
}
/** The time between a crash and its repair is nobody's work. */
const REOPEN = {
  name: 'reopen_abandoned_step',
  text: `update gander.step set opened_at = clock_timestamp()
    where tenant_id = $1 and run_id = $2 and n = $3 and outcome_at is null`,
}
const FINISH = {
  name: 'finish_abandoned_step',
  text: `select gander.finish_steps(r.tenant_id, array[r.id], $3) = '{}' as done from gander.run r
    where r.tenant_id = $1 and r.id = $2 and ${ENDED} and exists (select from gander.step s
      where s.tenant_id = $1 and s.run_id = $2 and s.n = $4 and s.outcome_at is null)`,
}
const UNPUBLISHED = {
  name: 'unpublished_plans',
  text: `select r.tenant_id, r.id as run_id, t.contract ->> 'repository' as repository,
      s.outcome -> 'value' ->> 'branch' as branch, s.outcome -> 'value' ->> 'commit' as commit,
      s.outcome -> 'value' ->> 'idempotency_key' as idempotency_key
    from gander.run r
    join gander.step s on s.tenant_id = r.tenant_id and s.run_id = r.id and s.key = 'publication:plan'
    join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
    where r.tenant_id = $1 and r.state in ('blocked_policy', 'needs_human', 'failed', 'cancelled')
      and r.mode = 'draft_pr' and s.outcome_at is not null and ${LONG_AGO}
      and r.updated_at > clock_timestamp() - interval '7 days'
      and not exists (select from gander.pull_request_link l where l.tenant_id = r.tenant_id and l.run_id = r.id)
      and not exists (select from gander.audit_event e where e.tenant_id = r.tenant_id and e.run_id = r.id
        and e.event = 'reconciled' and e.facts ->> 'finding' <> 'open_step')
    order by r.updated_at limit $3`,
}
const LINK = {
  name: 'link_found_pull_request',
  text: `insert into gander.pull_request_link (tenant_id, run_id, url, number, branch, head_commit, idempotency_key)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
}
const APPEND = {
  name: 'append_reconciled',
  text: `select gander.append_events(r.tenant_id, r.id, r.state, $3) from gander.run r
    where r.tenant_id = $1 and r.id = $2`,
}
/** What a step that nobody will finish is on record with. */
const ABANDONED = { value: { abandoned: 'the run ended before this step did' } } as const

/** What runs left behind, in PostgreSQL. */
export function createReconciliation(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): Reconciliation {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const store: StoreContext = { pool: parts.database.pool, identifiers: parts.identifiers, sha256 }
  return {
    openSteps: (ended_ms_ago, limit) => overTenants<OpenStep>(store, OPEN, [ended_ms_ago, limit]),
    settle: (step) => settle(store, step),
    unpublished: (ended_ms_ago, limit) => overTenants<PlannedPublication>(store, UNPUBLISHED, [ended_ms_ago, limit]),
    record: (planned, found) => record(store, planned, found),
  }
}

async function overTenants<Row extends object>(
  store: StoreContext,
  statement: { readonly name: string; readonly text: string },
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const found: Row[] = []
  for (const { tenant_id } of await query<{ tenant_id: TenantId }>(store.pool, TENANTS, []))
    found.push(
      ...(await inTenant(store.pool, tenant_id, (client) => query<Row>(client, statement, [tenant_id, ...values]))),
    )
  return found
}

async function settle(store: StoreContext, step: OpenStep): Promise<boolean> {
  const { tenant_id, run_id, n, key, reserve_usd, was_sent } = step
  const spent = was_sent ? reserve_usd : 0
  const value = { sha256: store.sha256(canonicalJson(ABANDONED)), outcome: JSON.stringify(ABANDONED) }
  const outcome = { run: run_id, n, ...value, tree: null, cost_usd: spent, tokens: 0 }
  return inTenant(store.pool, tenant_id, async (client) => {
    await query(client, REOPEN, [tenant_id, run_id, n])
    const values = [tenant_id, run_id, JSON.stringify([outcome]), n]
    const [row] = await query<{ done: boolean }>(client, FINISH, values)
    if (row?.done !== true) return false
    const repair = was_sent ? 'booked as spent' : 'reservation released'
    await append(store, { tenant_id, run_id }, { finding: 'open_step', repair, subject: key, spent_usd: spent })(client)
    return true
  })
}

const REPAIRS: { readonly [finding in PublicationFinding['finding']]: string } = {
  unrecorded_pull_request: 'put on record',
  orphan_branch: 'removed',
  nothing_published: 'nothing to do',
}

async function record(store: StoreContext, planned: PlannedPublication, found: PublicationFinding): Promise<void> {
  const { tenant_id, run_id, branch, commit, idempotency_key } = planned
  await inTenant(store.pool, tenant_id, async (client) => {
    if (found.finding === 'unrecorded_pull_request')
      await query(client, LINK, [tenant_id, run_id, plain(found.url), found.number, branch, commit, idempotency_key])
    const subject = found.finding === 'unrecorded_pull_request' ? found.url : branch
    await append(store, planned, { finding: found.finding, repair: REPAIRS[found.finding], subject, branch })(client)
  })
}

const append = (
  store: StoreContext,
  { tenant_id, run_id }: { readonly tenant_id: TenantId; readonly run_id: RunId },
  facts: EventDraft['facts'],
) => {
  const rows = eventRows(store, [{ event: 'reconciled', facts }], run_id, PLATFORM)
  return (client: Parameters<typeof query>[0]) => query(client, APPEND, [tenant_id, run_id, rows])
}
