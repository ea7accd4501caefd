import { EVENT_FIELDS, type EventName } from '#domain/event'
import { z } from 'zod'
import { auditKeySchema, auditReportSchema, checkpointSchema } from '../audit-resource.ts'
import { auditHeadSchema } from '../governed-resources.ts'
import { identifier, pastMoment } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { eventSchema } from '../record-resources.ts'
import { holdSchema, rulesSchema, sweepSchema } from '../retention-resource.ts'
import { ofRun, route } from './route-shapes.ts'

const tags = ['audit']
const eventName = z.enum(Object.keys(EVENT_FIELDS) as [EventName, ...EventName[]])

/** What is on record about everything that was done. */
export const audit = {
  events: route
    .route({ method: 'GET', path: '/v1/audit/events', tags, summary: 'Events, the newest first' })
    .input(
      z.object({
        query: pageQuery.extend({
          run: identifier('run').optional(),
          actor: z.string().max(300).optional(),
          event: eventName.optional().describe('Its kind.'),
          since: pastMoment.optional().describe('Inclusive.'),
          until: pastMoment.optional().describe('Exclusive.'),
        }),
      }),
    )
    .output(pageOf(eventSchema)),
  head: route
    .route({
      method: 'GET',
      path: '/v1/audit/head',
      tags,
      summary: "Where the tenant's chain and the gateways' sequences stand",
    })
    .output(auditHeadSchema),
  checkpoints: route
    .route({
      method: 'GET',
      path: '/v1/audit/checkpoints',
      tags,
      summary: 'Signed checkpoints of the chain, in order',
    })
    .input(z.object({ query: pageQuery }))
    .output(pageOf(checkpointSchema)),
  checkpoint: route
    .route({
      method: 'POST',
      path: '/v1/audit/checkpoints',
      tags,
      summary: 'Sign what is new now',
      description: 'Null where nothing is new.',
    })
    .output(z.object({ checkpoint: checkpointSchema.nullable() })),
  verify: route
    .route({
      method: 'POST',
      path: '/v1/audit/verify',
      tags,
      summary: 'Lay the chain, the checkpoints and the sequences of gateways beside each other',
    })
    .output(auditReportSchema),
  key: route
    .route({
      method: 'GET',
      path: '/v1/audit/key',
      tags,
      summary: 'The public key that signs checkpoints and exports',
    })
    .output(auditKeySchema),
}

const why = z.strictObject({ reason: z.string().trim().min(1).max(500).describe('Why, for the record.') })
const kept = ['retention']

/** How long what runs leave behind is kept. */
export const retention = {
  rules: route
    .route({ method: 'GET', path: '/v1/retention', tags: kept, summary: 'How long each kind of record is kept' })
    .output(rulesSchema),
  holds: route
    .route({ method: 'GET', path: '/v1/retention/holds', tags: kept, summary: 'Runs of which nothing is removed' })
    .output(pageOf(holdSchema)),
  hold: route
    .route({
      method: 'PUT',
      path: '/v1/retention/holds/{run_id}',
      tags: kept,
      summary: 'Keep everything of a run until it is released',
    })
    .input(z.object({ ...ofRun, body: why }))
    .output(holdSchema),
  release: route
    .route({
      method: 'POST',
      path: '/v1/retention/holds/{run_id}/release',
      tags: kept,
      summary: 'Let the rules apply to a held run again',
    })
    .input(z.object({ ...ofRun, body: why }))
    .output(z.object({ released: z.boolean().describe('False where it was not held.') })),
  sweep: route
    .route({
      method: 'POST',
      path: '/v1/retention/sweep',
      tags: kept,
      summary: 'Let go of what no rule keeps, in every tenant',
      description: 'Open to whoever runs the installation. Null while another sweep or a backup is under way.',
    })
    .input(z.object({ body: z.strictObject({ dry_run: z.boolean().default(false).describe('Says what would go.') }) }))
    .output(z.object({ swept: sweepSchema.nullable() })),
}
