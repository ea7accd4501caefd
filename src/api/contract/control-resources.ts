import { BUDGET_SCOPES, type OutcomeCost, type ScopeBudget } from '#domain/budget'
import { SWITCH_ACTIONS, type KillSwitch, type SwitchScope } from '#domain/kill-switch'
import type { SchedulerPause } from '#ports'
import { z } from 'zod'
import { moment, tenantIdentifier } from './identifiers.ts'

const scope: z.ZodType<SwitchScope, SwitchScope> = z.discriminatedUnion('level', [
  z.object({ level: z.literal('global') }),
  z.object({ level: z.literal('tenant'), tenant_id: tenantIdentifier }),
  z.object({ level: z.literal('campaign'), tenant_id: tenantIdentifier, campaign_id: z.string() }),
  z.object({ level: z.literal('repository'), tenant_id: tenantIdentifier, repository: z.string() }),
  z.object({ level: z.literal('capability'), tenant_id: tenantIdentifier, capability: z.string() }),
])

/** A kill switch as it stands. */
export const switchSchema: z.ZodType<KillSwitch, KillSwitch> = z
  .object({
    scope,
    actions: z.array(z.enum(SWITCH_ACTIONS)).describe('Empty: it was released.'),
    epoch: z.number().int().describe('Grows with each move.'),
    moved_by: z.string(),
    moved_at: moment,
    reason: z.string(),
  })
  .meta({ id: 'KillSwitch' })

/** A scheduler that stands still. */
export const pauseSchema: z.ZodType<SchedulerPause, SchedulerPause> = z
  .object({
    tenant_id: tenantIdentifier.nullable().describe('Null: for every tenant.'),
    paused_by: z.string(),
    paused_at: moment,
    reason: z.string(),
  })
  .meta({ id: 'SchedulerPause' })

/** A budget over many runs. */
export const scopeBudgetSchema: z.ZodType<ScopeBudget, ScopeBudget> = z
  .object({
    kind: z.enum(BUDGET_SCOPES),
    subject: z.string().describe('The task class or campaign; empty for the others.'),
    max_cost_usd: z.number().nullable().describe('US dollars; 0: none, null: no limit here.'),
    cost_usd: z.number(),
    reserved_usd: z.number(),
    period: z.string().describe('The day (UTC), or empty.'),
  })
  .meta({ id: 'ScopeBudget' })

/** What runs that ended in one way have cost. */
export const outcomeCostSchema: z.ZodType<OutcomeCost, OutcomeCost> = z
  .object({
    task_class: z.string(),
    outcome: z.string(),
    runs: z.number().int(),
    cost_usd: z.number(),
    cost_per_run_usd: z.number(),
  })
  .meta({ id: 'OutcomeCost' })
