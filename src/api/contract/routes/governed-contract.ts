import { EVENT_FIELDS, type EventName } from '#domain/event'
import { z } from 'zod'
import {
  activationSchema,
  activeBundleSchema,
  auditHeadSchema,
  autonomySchema,
  bundleSchema,
  capabilitySchema,
  waitingSchema,
} from '../governed-resources.ts'
import { identifier } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { decisionSchema, eventSchema } from '../record-resources.ts'
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

const bundleName = z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash of a bundle')

/** Policies. */
export const policies = {
  active: route
    .route({ method: 'GET', path: '/v1/policies/active', tags: ['policies'], summary: 'The bundle that counts' })
    .output(activeBundleSchema),
  history: route
    .route({ method: 'GET', path: '/v1/policies', tags: ['policies'], summary: 'Activations, the newest first' })
    .input(z.object({ query: pageQuery.pick({ limit: true }) }))
    .output(pageOf(activationSchema)),
  get: route
    .route({ method: 'GET', path: '/v1/policies/{sha256}', tags: ['policies'], summary: 'A bundle by its hash' })
    .input(z.object({ params: z.object({ sha256: bundleName }) }))
    .output(bundleSchema),
  decision: route
    .route({
      method: 'GET',
      path: '/v1/decisions/{decision_id}',
      tags: ['policies'],
      summary: 'What policy answered, by which rules',
    })
    .input(z.object({ params: z.object({ decision_id: identifier('decision') }) }))
    .output(decisionSchema),
}

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString())
const eventName = z.enum(Object.keys(EVENT_FIELDS) as [EventName, ...EventName[]])

/** What is on record about everything that was done. */
export const audit = {
  events: route
    .route({ method: 'GET', path: '/v1/audit/events', tags: ['audit'], summary: 'Events, the newest first' })
    .input(
      z.object({
        query: pageQuery.extend({
          run: identifier('run').optional(),
          actor: z.string().max(300).optional(),
          event: eventName.optional(),
          since: moment.optional().describe('Inclusive.'),
          until: moment.optional().describe('Exclusive.'),
        }),
      }),
    )
    .output(pageOf(eventSchema)),
  head: route
    .route({
      method: 'GET',
      path: '/v1/audit/head',
      tags: ['audit'],
      summary: "Where the tenant's chain and the gateways' sequences stand",
    })
    .output(auditHeadSchema),
}
