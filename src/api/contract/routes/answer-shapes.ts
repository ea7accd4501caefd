import { RUN_STATES } from '#domain/run'
import { z } from 'zod'
import { identifier } from '../identifiers.ts'

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'must be the fingerprint of a request')

/** A person's answer to what one run waits for. */
export const answerBody = z.strictObject({
  decision: z.enum(['approved', 'rejected', 'changes_requested']),
  reason: z.string().max(500).default(''),
  fingerprint: fingerprint
    .exactOptional()
    .describe('Of the request that was shown: the answer counts for no other. Absent: for whatever the run asks now.'),
})

/** One answer among several; each names what it answers. */
export const oneOfMany = z.strictObject({
  run_id: identifier('run'),
  fingerprint,
  decision: z.enum(['approved', 'rejected']),
  reason: z.string().max(500).default(''),
})

/** What became of one answer among several. */
export const answerOutcome = z
  .object({
    run_id: identifier('run'),
    result: z.enum(['taken', 'refused']),
    state: z.enum(RUN_STATES).nullable().describe('Where the run stands then; null where the answer was refused.'),
    code: z.string().nullable().describe('Why it was refused, of the error catalogue; null where it was taken.'),
    detail: z.string().nullable(),
  })
  .meta({ id: 'AnswerOutcome' })
