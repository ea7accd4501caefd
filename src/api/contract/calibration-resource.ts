import type { GateCount } from '#domain/autonomy'
import type { RecordedStrength, StandingMove } from '#ports'
import { z } from 'zod'
import { moment } from './identifiers.ts'

/** The gates that calibration can measure. */
const GATES = [
  'boundary',
  'protected_files',
  'special_files',
  'secrets',
  'dependencies',
  'test_integrity',
  'verification',
  'red_green',
  'test_strength',
  'judge',
] as const

const count = z.number().int().min(0).max(1_000_000)
const share = (least: number) =>
  z
    .strictObject({ hits: count, of: count.min(least) })
    .refine(({ hits, of }) => hits <= of, { message: 'hits are at most all of them' })

/** What was counted of one gate. Floor and standing are not taken from whoever counted: the server works them out. */
export const gateCount: z.ZodType<GateCount, GateCount> = z.strictObject({
  gate: z.enum(GATES),
  caught: share(1).describe('Bad changes that the gate is there to refuse, and how many it did.'),
  false_alarms: share(0).describe('Honest changes, and how many it refused.'),
})

/** A gate's strength on record. */
export const gateStrengthSchema = z
  .looseObject({
    gate: z.string(),
    caught: z.looseObject({ hits: z.number().int(), of: z.number().int() }),
    false_alarms: z.looseObject({ hits: z.number().int(), of: z.number().int() }),
    recall: z.number(),
    floor: z.number(),
    standing: z.enum(['proof', 'advice']),
    repository: z.string().nullable().describe('Null: the one that comes with the program.'),
    corpus: z.string(),
    measured_by: z.string(),
    measured_at: moment,
  })
  .meta({ id: 'GateStrength' }) as unknown as z.ZodType<RecordedStrength, RecordedStrength>

/** A gate whose pass stopped counting, or counts again. */
export const standingMoveSchema = z.looseObject({
  gate: z.string(),
  to: z.enum(['proof', 'advice']),
}) as unknown as z.ZodType<StandingMove, StandingMove>
