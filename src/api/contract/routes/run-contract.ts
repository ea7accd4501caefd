import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { RUN_STATES } from '#domain/run'
import { someLimits } from '../budget-resource.ts'
import { changeSchema } from '../change-resource.ts'
import { identifier, pastMoment } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { approvalSchema, artifactSchema, decisionSchema, eventSchema, stepSchema } from '../record-resources.ts'
import { runDetailsSchema, runOverviewSchema } from '../run-resource.ts'
import { answerBody, answerOutcome, oneOfMany } from './answer-shapes.ts'
import { line, ofRun, route } from './route-shapes.ts'

/** Runs. */
export const runs = {
  list: route
    .route({ method: 'GET', path: '/v1/runs', tags: ['runs'], summary: 'List runs, the newest first' })
    .input(
      z.object({
        query: pageQuery.extend({
          state: z.enum(RUN_STATES).optional(),
          repository: line(2000).optional().describe('Its address as tasks name it.'),
          task_id: identifier('task').optional(),
          capability: line(200).optional(),
          since: pastMoment.optional().describe('Made at this moment or later.'),
          until: pastMoment.optional().describe('Made before this moment.'),
        }),
      }),
    )
    .output(pageOf(runOverviewSchema)),
  get: route
    .route({ method: 'GET', path: '/v1/runs/{run_id}', tags: ['runs'], summary: 'Get a run with its contract and use' })
    .input(z.object(ofRun))
    .output(runDetailsSchema),
  steps: route
    .route({ method: 'GET', path: '/v1/runs/{run_id}/steps', tags: ['runs'], summary: "A run's steps, in order" })
    .input(z.object({ ...ofRun, query: pageQuery }))
    .output(pageOf(stepSchema)),
  events: route
    .route({
      method: 'GET',
      path: '/v1/runs/{run_id}/events',
      tags: ['runs'],
      summary: "Follow a run's events as they are appended",
      description:
        'Server-sent events; `Last-Event-ID` is the `run_seq` to go on after. Ends when the run ends or waits.',
    })
    .input(z.object({ ...ofRun, headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).optional() }) }))
    .output(eventIterator(eventSchema)),
  artifacts: route
    .route({ method: 'GET', path: '/v1/runs/{run_id}/artifacts', tags: ['runs'], summary: "A run's artifacts" })
    .input(z.object({ ...ofRun, query: pageQuery }))
    .output(pageOf(artifactSchema)),
  decisions: route
    .route({ method: 'GET', path: '/v1/runs/{run_id}/decisions', tags: ['runs'], summary: 'What policy answered' })
    .input(z.object({ ...ofRun, query: pageQuery }))
    .output(pageOf(decisionSchema)),
  approvals: route
    .route({
      method: 'GET',
      path: '/v1/runs/{run_id}/approvals',
      tags: ['runs'],
      summary: 'What the run asked people for',
    })
    .input(
      z.object({
        ...ofRun,
        query: z.object({
          state: z
            .enum(['waiting', 'approved', 'rejected', 'changes_requested'])
            .optional()
            .describe('`waiting`: nobody has decided yet.'),
        }),
      }),
    )
    .output(pageOf(approvalSchema)),
  diff: route
    .route({ method: 'GET', path: '/v1/runs/{run_id}/diff', tags: ['runs'], summary: "A run's proposed change" })
    .input(z.object(ofRun))
    .output(changeSchema),
  cancel: route
    .route({
      method: 'POST',
      path: '/v1/runs/{run_id}/cancel',
      tags: ['runs'],
      summary: 'Ask a run to stop, keeping its work',
    })
    .input(z.object(ofRun))
    .output(runDetailsSchema),
  continue: route
    .route({
      method: 'POST',
      path: '/v1/runs/{run_id}/continue',
      tags: ['runs'],
      summary: 'Go on with a run that waits',
    })
    .input(z.object({ ...ofRun, body: z.strictObject({ added: someLimits.default({}) }) }))
    .output(runDetailsSchema),
  decide: route
    .route({
      method: 'POST',
      path: '/v1/runs/{run_id}/approve',
      tags: ['runs'],
      summary: 'Answer what a run waits for',
    })
    .input(z.object({ ...ofRun, body: answerBody }))
    .output(runDetailsSchema),
  decide_many: route
    .route({
      method: 'POST',
      path: '/v1/approvals/answers',
      tags: ['approvals'],
      summary: 'Answer what several runs wait for, each by its fingerprint',
      description: 'Each answer is taken or refused by itself, in order; none depends on another.',
    })
    .input(z.object({ body: z.strictObject({ answers: z.array(oneOfMany).min(1).max(50) }) }))
    .output(z.object({ items: z.array(answerOutcome) })),
}
