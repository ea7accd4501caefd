import { z } from 'zod'
import type { ReplayReport } from '#ports'
import { identifier } from '../identifiers.ts'
import { runDetailsSchema } from '../run-resource.ts'
import { ofRun, route } from './route-shapes.ts'

/** What running a run again came to. */
const reportSchema: z.ZodType<ReplayReport, ReplayReport> = z
  .object({
    run_id: identifier('run'),
    replay_id: identifier('run'),
    same: z.boolean(),
    compared: z.array(
      z.object({
        what: z.enum(['tree', 'verdict', 'decisions', 'steps']),
        same: z.boolean(),
        was: z.string(),
        is: z.string(),
      }),
    ),
    departed: z
      .object({ step: z.number().int(), key: z.string(), why: z.string() })
      .nullable()
      .describe('The first step that is another one; null where every step is the same.'),
  })
  .meta({ id: 'ReplayReport' })

/** Running again what is on record. */
export const replays = {
  start: route
    .route({
      method: 'POST',
      path: '/v1/runs/{run_id}/replay',
      tags: ['operations'],
      summary: 'Run a run again from its record; nothing is opened',
      description: 'The same commit, contract, policy bundle and recorded answers, in a fresh sandbox.',
    })
    .input(z.object(ofRun))
    .output(runDetailsSchema),
  report: route
    .route({
      method: 'GET',
      path: '/v1/runs/{run_id}/replay',
      tags: ['operations'],
      summary: 'Where a replay departs from its original',
    })
    .input(z.object(ofRun))
    .output(reportSchema),
}
