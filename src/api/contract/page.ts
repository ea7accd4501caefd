import type { Page } from '#ports'
import { z } from 'zod'

/** How much of a list is asked for, and from where on. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Entries of one page.'),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before; absent means from the start.'),
})

/** One page of a list; `next_cursor` is null on the last one. */
export const pageOf = <Item>(item: z.ZodType<Item, Item>): z.ZodType<Page<Item>, Page<Item>> =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() })
