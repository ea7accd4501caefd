import { z } from 'zod'
import { bundleSchema } from './bundle.ts'
import { evidencePredicateSchema } from './predicates.ts'

/** JSON Schemas of what leaves the platform: the packet's file, and Gander's own predicate in its first envelope. */
export const packetSchemas = (): Readonly<Record<'bundle' | 'predicate', object>> => ({
  bundle: { title: 'Gander evidence packet: a bundle of DSSE envelopes', ...jsonSchema(bundleSchema) },
  predicate: { title: 'Gander evidence predicate', ...jsonSchema(evidencePredicateSchema) },
})

const jsonSchema = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' })
