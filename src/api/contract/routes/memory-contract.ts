import { MEMORY_LIMITS, MEMORY_STATES } from '#domain/memory'
import { z } from 'zod'
import { identifier } from '../identifiers.ts'
import { memorySchema } from '../memory-resource.ts'
import { pageOf } from '../page.ts'
import { line, reason, route } from './route-shapes.ts'

const ofMemory = { params: z.object({ memory: identifier('memory') }) }

/** What runs learnt about repositories, and its review. */
export const memory = {
  list: route
    .route({ method: 'GET', path: '/v1/memory', tags: ['memory'], summary: 'What runs learnt, what waits first' })
    .input(
      z.object({
        query: z.object({
          repository: line(2_000).optional(),
          state: z.enum(MEMORY_STATES).optional(),
        }),
      }),
    )
    .output(pageOf(memorySchema)),
  get: route
    .route({ method: 'GET', path: '/v1/memory/{memory}', tags: ['memory'], summary: 'Get an entry' })
    .input(z.object(ofMemory))
    .output(memorySchema),
  approve: route
    .route({
      method: 'POST',
      path: '/v1/memory/{memory}/approve',
      tags: ['memory'],
      summary: 'Let runs be shown an entry, as data',
    })
    .input(
      z.object({
        ...ofMemory,
        body: z.strictObject({
          hash: z
            .string()
            .regex(/^[0-9a-f]{64}$/)
            .describe('Of the entry that was read; another text is not approved.'),
          days: z.number().int().min(1).max(MEMORY_LIMITS.longest_days).default(MEMORY_LIMITS.approved_days),
          despite_flags: z.boolean().default(false).describe('Also where something about the text is odd.'),
          reason,
        }),
      }),
    )
    .output(memorySchema),
  forget: route
    .route({
      method: 'POST',
      path: '/v1/memory/{memory}/forget',
      tags: ['memory'],
      summary: 'Erase the text of an entry; the same is not proposed again',
    })
    .input(z.object({ ...ofMemory, body: z.strictObject({ reason }) }))
    .output(memorySchema),
}
