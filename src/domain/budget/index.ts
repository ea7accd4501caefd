import type { BudgetScope } from './scope-budget.ts'

export {
  BUDGET_SCOPES,
  budgetScopeName,
  type BudgetScope,
  type OutcomeCost,
  type ScopeBudget,
} from './scope-budget.ts'

/** The most a run may use. In any limit 0 means none, never unlimited; `null` cost means the model is declared free. */
export interface BudgetLimits {
  readonly max_cost_usd: number
  readonly max_minutes: number
  readonly max_steps: number
  readonly max_tokens: number
  readonly max_repairs: number
}

/** What a run has used so far; `reserved_usd` is promised to calls in flight. */
export interface BudgetUse {
  readonly cost_usd: number
  readonly reserved_usd: number
  readonly active_ms: number
  readonly steps: number
  readonly tokens: number
}

export const NO_USE: BudgetUse = { cost_usd: 0, reserved_usd: 0, active_ms: 0, steps: 0, tokens: 0 }

/** What `gander run` grants when nothing is said. */
export const DEFAULT_LIMITS: BudgetLimits = {
  max_cost_usd: 5,
  max_minutes: 60,
  max_steps: 80,
  max_tokens: 4_000_000,
  max_repairs: 3,
}

export type BudgetName = 'cost' | 'minutes' | 'steps' | 'tokens'

/** The first budget that is used up, with the figures a person needs to decide about more. */
export interface BudgetVerdict {
  readonly budget: BudgetName
  readonly used: number
  readonly limit: number
  /** Whose budget it is, where it is not the run's own. */
  readonly scope?: BudgetScope
}

/** Names the budget that forbids another step, if one does; `next_cost_usd` is the worst case of the next call. */
export function exhausted(use: BudgetUse, limits: BudgetLimits, next_cost_usd = 0): BudgetVerdict | undefined {
  const cost = use.cost_usd + use.reserved_usd + next_cost_usd
  if (cost > limits.max_cost_usd)
    return { budget: 'cost', used: use.cost_usd + use.reserved_usd, limit: limits.max_cost_usd }
  if (use.steps >= limits.max_steps) return { budget: 'steps', used: use.steps, limit: limits.max_steps }
  if (use.tokens >= limits.max_tokens) return { budget: 'tokens', used: use.tokens, limit: limits.max_tokens }
  if (use.active_ms >= limits.max_minutes * 60_000)
    return { budget: 'minutes', used: use.active_ms / 60_000, limit: limits.max_minutes }
  return undefined
}
