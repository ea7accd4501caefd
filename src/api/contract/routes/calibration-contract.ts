import { z } from 'zod'
import { gateCount, gateStrengthSchema, standingMoveSchema } from '../calibration-resource.ts'
import { pageOf } from '../page.ts'
import { line, route } from './route-shapes.ts'

/** What calibration found of the gates. */
export const gates = {
  view: route
    .route({ method: 'GET', path: '/v1/gates', tags: ['gates'], summary: 'What calibration found of each gate' })
    .output(pageOf(gateStrengthSchema)),
  record: route
    .route({
      method: 'POST',
      path: '/v1/gates/calibrations',
      tags: ['gates'],
      summary: 'Record what a calibration counted; a gate below its floor is advice from then on',
    })
    .input(
      z.object({
        body: z.strictObject({
          repository: line(2_000).nullable().describe('Whose code was sabotaged; null: the one of the program.'),
          corpus: z
            .string()
            .regex(/^[0-9a-f]{64}$/)
            .describe('SHA-256 of the bad and the honest changes.'),
          gates: z
            .array(gateCount)
            .min(1)
            .max(20)
            .refine((counts) => new Set(counts.map(({ gate }) => gate)).size === counts.length, {
              message: 'no gate twice',
            }),
        }),
      }),
    )
    .output(z.object({ moves: z.array(standingMoveSchema) })),
}
