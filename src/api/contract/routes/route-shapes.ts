import { oc } from '@orpc/contract'
import { z } from 'zod'
import { identifier } from '../identifiers.ts'

/** The beginning of every route: params, query, headers and body stand apart. */
export const route = oc.$route({ inputStructure: 'detailed' })

/** The address of a run. */
export const ofRun = { params: z.object({ run_id: identifier('run') }) }

/** A key that makes a write happen once. */
export const idempotent = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The same key with the same body gives the first answer again; with another body it is refused.'),
})

/** The version that a write is for. */
export const matching = z.object({
  'if-match': z
    .string()
    .max(200)
    .optional()
    .describe('The ETag that was read; where the resource has another by now, nothing is changed (412).'),
})

/** One line of text: without control characters, not empty. */
export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line of text')

/** Why something is done; may be empty. */
export const reason = z.string().max(500).default('')
