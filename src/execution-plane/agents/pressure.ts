import type { BudgetLimits, BudgetUse } from '#domain/budget'

/** Money and tokens of one call. */
export interface Charge {
  readonly cost_usd: number
  readonly tokens: number
}

/**
 * The used share of the tightest budget after one more call, from 0 on. It is recorded with the call, so a replayed run
 * warns at the same turn whatever its clock says.
 */
export function pressureOf(use: BudgetUse, limits: BudgetLimits, called: Charge): number {
  const shares = [
    share(use.cost_usd + called.cost_usd, limits.max_cost_usd),
    share(use.steps + 1, limits.max_steps),
    share(use.tokens + called.tokens, limits.max_tokens),
    share(use.active_ms, limits.max_minutes * 60_000),
  ]
  return Math.round(Math.max(...shares) * 1000) / 1000
}

const share = (used: number, limit: number): number => (used === 0 ? 0 : limit === 0 ? 1 : used / limit)
