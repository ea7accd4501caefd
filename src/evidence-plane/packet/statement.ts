import { z } from 'zod'
import { STATEMENT_TYPE } from './identities.ts'

const digests = z.record(z.string(), z.string())

/** One thing by its digests, as in-toto describes it. */
export const descriptorSchema = z.looseObject({
  name: z.string().optional(),
  uri: z.string().optional(),
  digest: digests.optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
})
export type Descriptor = z.infer<typeof descriptorSchema>

export const statementSchema = z.strictObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.strictObject({ name: z.string(), digest: digests })).min(1),
  predicateType: z.string(),
  predicate: z.looseObject({}),
})

/** An in-toto statement: what is said (the predicate) about what (the subjects). */
export type Statement = z.infer<typeof statementSchema>
export type Subject = Statement['subject'][number]
