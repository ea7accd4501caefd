import type { BudgetLimits, BudgetUse } from '#domain/budget'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import { eventRows } from './ledger-events.ts'
import { limitsOf, useOf, type BudgetRow } from './run-row.ts'
import { queryOf, type TenantContext } from './store-context.ts'
import { runNotFound } from './write-run.ts'

const READ = {
  name: 'read_budget',
  text: `select b.* from gander.budget b join gander.run r on r.tenant_id = b.tenant_id and r.id = b.run_id
    where r.id = $1`,
}

/** What a run may use and has used. @throws GanderError `run_not_found` */
export async function readBudget(
  store: TenantContext,
  run: RunId,
): Promise<{ readonly limits: BudgetLimits; readonly use: BudgetUse }> {
  const [row] = await queryOf<BudgetRow>(store, READ, [run])
  if (row === undefined) throw runNotFound(run)
  return { limits: limitsOf(row), use: useOf(row) }
}

const EXTEND = {
  name: 'extend_budget',
  text: `with extended as (
    update gander.budget b set max_cost_usd = b.max_cost_usd + $2, max_minutes = b.max_minutes + $3,
      max_steps = b.max_steps + $4, max_tokens = b.max_tokens + $5, max_repairs = b.max_repairs + $6
    from gander.run r where r.id = $1 and b.tenant_id = r.tenant_id and b.run_id = r.id
    returning b.*, r.state
  )
  select extended.*, gander.append_events(extended.tenant_id, extended.run_id, extended.state, $7) from extended`,
}

/** Adds to a run's limits and says so in the ledger. @throws GanderError `usage` for what is no amount to add */
export async function extendBudget(
  store: TenantContext,
  run: RunId,
  added: Partial<BudgetLimits>,
  by: string,
): Promise<BudgetLimits> {
  for (const [name, amount] of Object.entries(added)) checkAmount(name, amount)
  const { max_cost_usd = 0, max_minutes = 0, max_steps = 0, max_tokens = 0, max_repairs = 0 } = added
  const draft: EventDraft = { event: 'budget_extended', facts: { by, added: { ...added } } }
  const [row] = await queryOf<BudgetRow>(store, EXTEND, [
    run,
    max_cost_usd,
    max_minutes,
    max_steps,
    max_tokens,
    max_repairs,
    eventRows(store, [draft], run, { actor_type: 'person', actor: by }),
  ])
  if (row === undefined) throw runNotFound(run)
  return limitsOf(row)
}

const WHOLE = new Set(['max_steps', 'max_tokens', 'max_repairs'])

function checkAmount(name: string, amount: number): void {
  const whole = !WHOLE.has(name) || Number.isSafeInteger(amount)
  if (Number.isFinite(amount) && amount >= 0 && whole) return
  throw new GanderError('usage', `${amount} cannot be added to ${name}; a budget is only ever extended.`, {
    facts: { name },
    remedy: WHOLE.has(name) ? 'Give a whole number of at least 0.' : 'Give a number of at least 0.',
  })
}
