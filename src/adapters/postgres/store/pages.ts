import { Buffer } from 'node:buffer'
import { GanderError } from '#domain/failure'
import type { Page, PageWish } from '#ports'

/** Where a page ends: the sort key of its last entry. */
export type Key = readonly (string | number)[]

/** Reads a cursor as the key it was made from. @throws GanderError `cursor_invalid` */
export function keyOf(cursor: string | undefined, kinds: readonly ('string' | 'number')[]): Key | undefined {
  if (cursor === undefined) return undefined
  const key: unknown = parsed(Buffer.from(cursor, 'base64url').toString('utf8'))
  const fits = Array.isArray(key) && key.length === kinds.length && key.every((part, at) => isPart(part, kinds[at]))
  if (!fits) throw new GanderError('cursor_invalid', 'The cursor is not one that this list gave.')
  return key as Key
}

/** What a column can be compared with: no other number than a list gives, no text that the database has no room for. */
function isPart(part: unknown, kind: 'string' | 'number' | undefined): boolean {
  if (typeof part !== kind) return false
  return typeof part === 'string' ? !part.includes('\0') && part.isWellFormed() : Number.isSafeInteger(part)
}

/** Cuts the entry that was read beyond the page, which only tells that more follows. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageWish,
  each: { readonly item: (row: Row) => Item; readonly key: (row: Row) => Key },
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    items: shown.map(each.item),
    next_cursor: more ? Buffer.from(JSON.stringify(each.key(last))).toString('base64url') : null,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
