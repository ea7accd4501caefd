import type { Change } from '#domain/change'
import { z } from 'zod'

/** What a tree proposes against its base. */
export const changeSchema: z.ZodType<Change, Change> = z
  .object({
    base_tree: z.string(),
    head_tree: z.string(),
    files: z.array(
      z.object({
        path: z.string(),
        kind: z.enum(['added', 'modified', 'deleted', 'type_changed']),
        old_mode: z.string().nullable(),
        new_mode: z.string().nullable(),
        old_blob: z.string().nullable(),
        new_blob: z.string().nullable(),
        added_lines: z.number().int().nullable(),
        deleted_lines: z.number().int().nullable(),
      }),
    ),
    patch: z.string().describe('Unified diff with three lines of context, binary files named only.'),
  })
  .meta({ id: 'Change' })
