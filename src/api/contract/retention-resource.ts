import type { LegalHold, SweepReport } from '#ports'
import { z } from 'zod'
import { identifier, moment } from './identifiers.ts'

/** A person's word that nothing of a run may be removed. */
export const holdSchema: z.ZodType<LegalHold, LegalHold> = z
  .object({ run_id: identifier('run'), reason: z.string(), placed_by: z.string(), placed_at: moment })
  .meta({ id: 'LegalHold' })

/** What a sweep let go of, or would. */
export const sweepSchema: z.ZodType<SweepReport, SweepReport> = z
  .object({
    expired: z.number().int(),
    expired_bytes: z.number().int(),
    by_rule: z.record(z.string(), z.number().int()),
    removed: z.number().int().describe('Contents whose bytes are proved gone.'),
    kept_for_packets: z.number().int(),
    kept_for_others: z.number().int(),
    payload_runs: z.number().int(),
    payload_bytes: z.number().int(),
    memory_expired: z.number().int().describe('Entries of memory that are used no more.'),
    memory_erased: z.number().int().describe('Texts of expired entries that are gone.'),
  })
  .meta({ id: 'SweepReport' })

/** How long what runs leave behind is kept. */
export const rulesSchema = z
  .object({ days: z.record(z.string(), z.number().int()).describe('Days by the name of the rule.') })
  .meta({ id: 'RetentionRules' })
