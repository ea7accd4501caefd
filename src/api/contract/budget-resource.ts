import type { BudgetLimits, BudgetUse } from '#domain/budget'
import { z } from 'zod'

/** The most a run may use. 0 means none. */
export const budgetLimits: z.ZodType<BudgetLimits, BudgetLimits> = z
  .object({
    max_cost_usd: z.number().min(0).describe('US dollars.'),
    max_minutes: z.number().min(0).describe('Minutes of work; waiting does not count.'),
    max_steps: z.number().int().min(0),
    max_tokens: z.number().int().min(0),
    max_repairs: z.number().int().min(0),
  })
  .meta({ id: 'BudgetLimits' })

/** The same where each may be left out. */
export const someLimits = z.strictObject({
  max_cost_usd: z.number().min(0).exactOptional(),
  max_minutes: z.number().min(0).exactOptional(),
  max_steps: z.number().int().min(0).exactOptional(),
  max_tokens: z.number().int().min(0).exactOptional(),
  max_repairs: z.number().int().min(0).exactOptional(),
})

/** What a run has used so far. */
export const budgetUse: z.ZodType<BudgetUse, BudgetUse> = z
  .object({
    cost_usd: z.number(),
    reserved_usd: z.number().describe('Promised to calls in flight.'),
    active_ms: z.number(),
    steps: z.number(),
    tokens: z.number(),
  })
  .meta({ id: 'BudgetUse' })
