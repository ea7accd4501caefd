import {
  budgetScopeName,
  type BudgetScope,
  type BudgetVerdict,
  type OutcomeCost,
  type ScopeBudget,
} from '#domain/budget'
import type { EventDraft } from '#domain/event'
import { GanderError, isGanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Identifiers, ScopeBudgets } from '#ports'
import type { Database } from '../database/open-database.ts'
import { pgCode } from '../database/pg-failure.ts'
import { eventRows } from './ledger-events.ts'
import { inTenant, plain, query, type EventContext } from './store-context.ts'

const LIST = {
  name: 'scope_budgets',
  text: `select coalesce(b.kind, u.kind) as kind, coalesce(b.subject, u.subject) as subject,
      b.max_cost_usd::float8 as max_cost_usd, coalesce(u.cost_usd, 0)::float8 as cost_usd,
      coalesce(u.reserved_usd, 0)::float8 as reserved_usd,
      coalesce(u.period, case b.kind when 'day' then (clock_timestamp() at time zone 'UTC')::date::text else '' end) as period
    from (select * from gander.scope_budget where tenant_id = $1 and max_cost_usd is not null) b
    full join (select * from gander.scope_use where tenant_id = $1
      and (kind <> 'day' or period > ((clock_timestamp() at time zone 'UTC')::date - 30)::text)) u
      on u.kind = b.kind and u.subject = b.subject
    order by 1, 2, 6 desc`,
}
const SET = {
  name: 'set_scope_budget',
  text: `insert into gander.scope_budget as b (tenant_id, kind, subject, max_cost_usd, set_by) values ($1, $2, $3, $4, $5)
    on conflict (tenant_id, kind, subject) do update
      set max_cost_usd = excluded.max_cost_usd, set_by = excluded.set_by, set_at = clock_timestamp()`,
}
/** What was told about the old limit says nothing about the new one. */
const UNWARN = {
  name: 'unwarn_scope',
  text: 'update gander.scope_use set warned = 0 where tenant_id = $1 and kind = $2 and subject = $3 and warned > 0',
}
const APPEND = { name: 'append_tenant_events', text: 'select gander.append_events($1, null, null, $2)' }
const OUTCOMES = {
  name: 'outcome_costs',
  text: `select t.capability as task_class, r.state as outcome, count(*)::integer as runs,
      sum(b.cost_usd)::float8 as cost_usd, avg(b.cost_usd)::float8 as cost_per_run_usd
    from gander.run r join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id
      join gander.budget b on b.tenant_id = r.tenant_id and b.run_id = r.id
    where r.tenant_id = $1 and r.state in ('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
    group by 1, 2 order by 1, 2`,
}

/** Budgets over many runs in PostgreSQL; what they hold is enforced by the database where a run's budget is written. */
export function createScopeBudgets(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): ScopeBudgets {
  const store: EventContext = { pool: parts.database.pool, identifiers: parts.identifiers }
  const list = (tenant: TenantId) =>
    inTenant(store.pool, tenant, (client) => query<ScopeBudget>(client, LIST, [tenant]))
  return {
    list,
    async setLimit(tenant, scope, max_cost_usd, by) {
      checkLimit(scope, max_cost_usd)
      const { kind, subject } = scope
      const facts = { kind, subject, max_cost_usd, by }
      const draft: EventDraft = {
        event: 'scope_budget_set',
        facts,
        resource_type: 'budget',
        resource_id: subject === '' ? kind : `${kind}:${subject}`,
      }
      await inTenant(store.pool, tenant, async (client) => {
        await query(client, SET, [tenant, kind, plain(subject), max_cost_usd, plain(by)])
        await query(client, UNWARN, [tenant, kind, plain(subject)])
        await query(client, APPEND, [tenant, eventRows(store, [draft], tenant, { actor_type: 'person', actor: by })])
      })
      const now = (await list(tenant)).find((each) => each.kind === kind && each.subject === subject)
      return now ?? { ...scope, max_cost_usd, cost_usd: 0, reserved_usd: 0, period: '' }
    },
    outcomes: (tenant) => inTenant(store.pool, tenant, (client) => query<OutcomeCost>(client, OUTCOMES, [tenant])),
  }
}

function checkLimit({ kind, subject }: BudgetScope, limit: number | null): void {
  const needs_subject = kind === 'task_class' || kind === 'campaign'
  if (needs_subject !== (subject !== ''))
    throw new GanderError('usage', `A budget for ${kind} ${needs_subject ? 'needs a name' : 'has no name'}.`, {
      remedy: 'Name a task class or a campaign; `day` and `tenant` stand alone.',
    })
  if (limit === null || (Number.isFinite(limit) && limit >= 0)) return
  throw new GanderError('usage', `${limit} is no limit in US dollars.`, {
    remedy: 'Give a number of at least 0; 0 means none.',
  })
}

/** Raised where a scope cannot hold a reservation. */
const SCOPE_EXHAUSTED = 'GAB01'

/** A verdict that names its scope. */
type ScopeVerdict = BudgetVerdict & { readonly scope: BudgetScope }

/** Which scope could not hold a reservation, out of the database's refusal. @throws whatever else it was */
export function scopeRefusal(error: unknown): ScopeVerdict {
  const cause = isGanderError(error) ? error.cause : error
  if (pgCode(cause) !== SCOPE_EXHAUSTED || !(cause instanceof Error) || !('detail' in cause)) throw error
  // Written by gander.spend_scopes.
  const { kind, subject, used, limit } = JSON.parse(String(cause.detail)) as BudgetScope & {
    readonly used: number
    readonly limit: number
  }
  return { budget: 'cost', used, limit, scope: { kind, subject } }
}

/** What happened, for whoever reads why a run waits. */
export const scopeExhausted = ({ scope, used, limit }: ScopeVerdict): string =>
  `${budgetScopeName(scope)} is used up: $${used.toFixed(4)} of $${limit.toFixed(4)}`
