import { MEMORY_KINDS, MEMORY_STATES, type MemoryEntry } from '#domain/memory'
import { z } from 'zod'
import { moment, sha256 } from './identifiers.ts'

/** What a run wants remembered, with what its review said. Its text is data and never an instruction. */
export const memorySchema = z
  .looseObject({
    id: z.string(),
    repository: z.string(),
    kind: z.enum(MEMORY_KINDS),
    text: z.string().describe('What somebody else wrote; empty where it was forgotten.'),
    source: z.looseObject({ run_id: z.string().nullable(), item: z.string(), commit: z.string().nullable() }),
    trust: z.string().describe('The lowest of what went into the text.'),
    confidence: z.number(),
    flags: z.array(z.string()).describe('What is odd about the text; none proves nothing.'),
    conflicts_with: z.array(z.string()).describe('Entries in use that say something else of the same.'),
    state: z.enum(MEMORY_STATES),
    hash: sha256.describe('What an approval is bound to.'),
    seen: z.number().int().describe('How many runs saw the same.'),
    proposed_by: z.string(),
    proposed_at: moment,
    reviewer: z.string().nullable(),
    reviewed_at: moment.nullable(),
    reason: z.string(),
    expires_at: moment,
  })
  .meta({ id: 'Memory' }) as unknown as z.ZodType<MemoryEntry, MemoryEntry>
