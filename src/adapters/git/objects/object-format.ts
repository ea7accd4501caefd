import { createHash } from 'node:crypto'

export type ObjectType = 'blob' | 'tree' | 'commit'

/** One entry of a tree object. Names are the bytes of the path component, one character each (latin1). */
export interface TreeItem {
  /** As git writes it: 100644, 100755, 120000, 160000, 40000. */
  readonly mode: string
  readonly id: string
}

/** A directory as git keeps it, by name. */
export type TreeItems = ReadonlyMap<string, TreeItem>

export const DIRECTORY = '40000'
export const GITLINK = '160000'
export const SYMLINK = '120000'

export const isDirectory = (item: TreeItem | undefined): boolean => item?.mode === DIRECTORY

/** The id git gives an object; the length of `like` (40 or 64) tells the repository's hash. */
export function objectId(type: ObjectType, content: Uint8Array, like: number): string {
  return createHash(like === 64 ? 'sha256' : 'sha1')
    .update(objectHeader(type, content))
    .update(content)
    .digest('hex')
}

/** What git hashes and stores before the content. */
export const objectHeader = (type: ObjectType, content: Uint8Array): string => `${type} ${content.length}\0`

/** Reads a tree object. */
export function parseTree(content: Buffer, id_length: number): TreeItems {
  const items = new Map<string, TreeItem>()
  const raw = id_length / 2
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at)
    const end = content.indexOf(0, space)
    if (space < 0 || end < 0 || end + raw >= content.length + 1) throw new Error('a tree object ends early')
    const mode = content.toString('latin1', at, space)
    const id = content.toString('hex', end + 1, end + 1 + raw)
    items.set(content.toString('latin1', space + 1, end), { mode: mode === '040000' ? DIRECTORY : mode, id })
    at = end + 1 + raw
  }
  return items
}

/** Writes a tree object, in git's order: by bytes, a directory as if its name ended in a slash. */
export function formatTree(items: TreeItems): Buffer {
  const key = ([name, item]: readonly [string, TreeItem]) => (isDirectory(item) ? `${name}/` : name)
  const parts = [...items]
    .map((entry) => ({ entry, order: key(entry) }))
    .sort((left, right) => (left.order < right.order ? -1 : 1))
    .flatMap(({ entry: [name, item] }) => [
      Buffer.from(`${item.mode} ${name}\0`, 'latin1'),
      Buffer.from(item.id, 'hex'),
    ])
  return Buffer.concat(parts)
}
