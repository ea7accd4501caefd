import { BUDGET_SCOPES } from '#domain/budget'
import { SWITCH_ACTIONS } from '#domain/kill-switch'
import { z } from 'zod'
import { outcomeCostSchema, pauseSchema, scopeBudgetSchema, switchSchema } from '../control-resources.ts'
import { moment } from '../identifiers.ts'
import { pageOf } from '../page.ts'
import { runSchema } from '../run-resource.ts'
import { line, ofRun, route } from './route-shapes.ts'

const why = z.string().trim().min(1).max(500).describe('Why, for the record.')
const subject = line(2000)
const scope = z
  .discriminatedUnion('level', [
    z.strictObject({ level: z.literal('global') }),
    z.strictObject({ level: z.literal('tenant') }),
    z.strictObject({ level: z.literal('campaign'), subject }),
    z.strictObject({ level: z.literal('repository'), subject }),
    z.strictObject({ level: z.literal('capability'), subject }),
  ])
  .describe('Where it holds; `global` is open to whoever runs the installation.')
const actions = z.array(z.enum(SWITCH_ACTIONS)).max(20)
const everywhere = z.boolean().default(false).describe('For every tenant; open to whoever runs the installation.')

/** Kill switches. */
export const switches = {
  list: route
    .route({
      method: 'GET',
      path: '/v1/switches',
      tags: ['switches'],
      summary: 'Every switch that concerns the tenant',
    })
    .output(z.object({ items: z.array(switchSchema), read_at: moment })),
  stop: route
    .route({ method: 'POST', path: '/v1/switches/stop', tags: ['switches'], summary: 'Stop what the actions name' })
    .input(z.object({ body: z.strictObject({ scope, actions: actions.min(1), reason: why }) }))
    .output(switchSchema),
  resume: route
    .route({
      method: 'POST',
      path: '/v1/switches/resume',
      tags: ['switches'],
      summary: 'Take actions back; none named: all',
    })
    .input(z.object({ body: z.strictObject({ scope, actions: actions.default([]), reason: why }) }))
    .output(switchSchema),
}

/** What operators do besides. */
export const operations = {
  pauses: route
    .route({
      method: 'GET',
      path: '/v1/scheduler',
      tags: ['operations'],
      summary: 'Whether the scheduler stands still',
    })
    .output(pageOf(pauseSchema)),
  pause: route
    .route({
      method: 'POST',
      path: '/v1/scheduler/pause',
      tags: ['operations'],
      summary: 'Lease no more runs; those in hand go on',
    })
    .input(z.object({ body: z.strictObject({ reason: why, everywhere }) }))
    .output(pauseSchema),
  resume: route
    .route({ method: 'POST', path: '/v1/scheduler/resume', tags: ['operations'], summary: 'Lease runs again' })
    .input(z.object({ body: z.strictObject({ reason: why, everywhere }) }))
    .output(z.object({ resumed: z.boolean().describe('False where it was not paused.') })),
  revokeLease: route
    .route({
      method: 'POST',
      path: '/v1/runs/{run_id}/revoke-lease',
      tags: ['operations'],
      summary: 'Take a run from its worker and queue it again',
    })
    .input(z.object({ ...ofRun, body: z.strictObject({ reason: why }) }))
    .output(runSchema),
}

/** Budgets over many runs. */
export const budgets = {
  list: route
    .route({ method: 'GET', path: '/v1/budgets', tags: ['budgets'], summary: 'Limits and use of every scope' })
    .output(pageOf(scopeBudgetSchema)),
  outcomes: route
    .route({ method: 'GET', path: '/v1/budgets/outcomes', tags: ['budgets'], summary: 'What ended runs have cost' })
    .output(pageOf(outcomeCostSchema)),
  set: route
    .route({ method: 'PUT', path: '/v1/budgets', tags: ['budgets'], summary: "Set a scope's limit" })
    .input(
      z.object({
        body: z.strictObject({
          kind: z.enum(BUDGET_SCOPES),
          subject: z.string().trim().max(200).default(''),
          max_cost_usd: z.number().min(0).max(1e9).nullable().describe('US dollars; 0: none, null removes it.'),
        }),
      }),
    )
    .output(scopeBudgetSchema),
}
