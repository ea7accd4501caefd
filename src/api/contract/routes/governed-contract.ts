import { z } from 'zod'
import { autonomySchema, capabilitySchema, waitingSchema } from '../governed-resources.ts'
import { pageOf } from '../page.ts'
import { line, ofRun, reason, route } from './route-shapes.ts'

const ofCapability = { params: z.object({ capability: line(200) }) }
const why = z.strictObject({ reason: z.string().trim().min(1).max(500).describe('Why, for the record.') })

/** Registered capabilities. */
export const capabilities = {
  list: route
    .route({ method: 'GET', path: '/v1/capabilities', tags: ['capabilities'], summary: 'List capabilities' })
    .output(pageOf(capabilitySchema)),
  get: route
    .route({
      method: 'GET',
      path: '/v1/capabilities/{capability}',
      tags: ['capabilities'],
      summary: 'Get a capability with its contract',
    })
    .input(z.object(ofCapability))
    .output(capabilitySchema),
  enable: route
    .route({
      method: 'POST',
      path: '/v1/capabilities/{capability}/enable',
      tags: ['capabilities'],
      summary: 'Let tasks run under a capability again',
    })
    .input(z.object({ ...ofCapability, body: why }))
    .output(capabilitySchema),
  disable: route
    .route({
      method: 'POST',
      path: '/v1/capabilities/{capability}/disable',
      tags: ['capabilities'],
      summary: 'Refuse new runs under a capability',
    })
    .input(z.object({ ...ofCapability, body: why }))
    .output(capabilitySchema),
}

/** What waits for people. */
export const approvals = {
  waiting: route
    .route({
      method: 'GET',
      path: '/v1/approvals',
      tags: ['approvals'],
      summary: 'What waits for people, soonest first',
    })
    .output(pageOf(waitingSchema)),
  revoke: route
    .route({
      method: 'POST',
      path: '/v1/runs/{run_id}/approvals/revoke',
      tags: ['approvals'],
      summary: 'Take a yes back before it is used',
    })
    .input(z.object({ ...ofRun, body: z.strictObject({ reason }) }))
    .output(z.object({ revoked: z.literal(true) })),
}

/** How far task classes have come. */
export const autonomy = {
  view: route
    .route({ method: 'GET', path: '/v1/autonomy', tags: ['autonomy'], summary: 'Phases and figures of task classes' })
    .output(pageOf(autonomySchema)),
  move: route
    .route({
      method: 'POST',
      path: '/v1/autonomy/{task_class}/move',
      tags: ['autonomy'],
      summary: 'Move a task class one phase up, or any number down',
    })
    .input(
      z.object({
        params: z.object({ task_class: line(200) }),
        body: why.extend({
          to: z.union([0, 1, 2, 3, 4, 5, 6].map((phase) => z.literal(phase as 0 | 1 | 2 | 3 | 4 | 5 | 6))),
          override: z.boolean().default(false).describe('Also where exit criteria are not met.'),
        }),
      }),
    )
    .output(autonomySchema),
}
