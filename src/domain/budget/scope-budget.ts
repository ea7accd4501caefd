/** Where a budget holds besides the run: every day of the tenant (UTC), a class of tasks, a campaign, the whole tenant. */
export const BUDGET_SCOPES = ['day', 'task_class', 'campaign', 'tenant'] as const

type BudgetScopeKind = (typeof BUDGET_SCOPES)[number]

/** One scope. `subject` is the capability or the campaign, and empty for the two that need none. */
export interface BudgetScope {
  readonly kind: BudgetScopeKind
  readonly subject: string
}

/** A scope with what it may use and has used; `day` scopes are told for one day. */
export interface ScopeBudget extends BudgetScope {
  /** US dollars. 0 means none; null means that this scope sets no limit. */
  readonly max_cost_usd: number | null
  readonly cost_usd: number
  readonly reserved_usd: number
  /** `YYYY-MM-DD` for `day`, empty for the others. */
  readonly period: string
}

/** What runs of one task class that ended in one way have cost. */
export interface OutcomeCost {
  readonly task_class: string
  /** An end state, or `merged` where the pull request is known to be. */
  readonly outcome: string
  readonly runs: number
  readonly cost_usd: number
  readonly cost_per_run_usd: number
}

/** How people say a scope: `the tenant's budget`, `the budget of today`. */
export function budgetScopeName({ kind, subject }: BudgetScope): string {
  switch (kind) {
    case 'day':
      return "the tenant's budget for this day"
    case 'tenant':
      return "the tenant's budget"
    case 'task_class':
      return `the budget of the task class ${subject}`
    case 'campaign':
      return `the budget of the campaign ${subject}`
    default:
      return kind satisfies never
  }
}
