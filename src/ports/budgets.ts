import type { BudgetScope, OutcomeCost, ScopeBudget } from '#domain/budget'
import type { TenantId } from '#domain/ids'

/**
 * Budgets over many runs. A reservation is taken from the run's budget and from every scope that concerns it in one
 * statement, or from none; a settlement reaches the same ones.
 */
export interface ScopeBudgets {
  /** Every scope that has a limit or was used; of days, the last thirty. */
  list(tenant: TenantId): Promise<readonly ScopeBudget[]>
  /** Sets a scope's limit in US dollars; 0 means none, null removes it. @throws GanderError `usage` */
  setLimit(tenant: TenantId, scope: BudgetScope, max_cost_usd: number | null, by: string): Promise<ScopeBudget>
  /** What ended runs have cost, by task class and how they ended. */
  outcomes(tenant: TenantId): Promise<readonly OutcomeCost[]>
}
