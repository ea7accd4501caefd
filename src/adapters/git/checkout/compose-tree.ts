import type { TreeEdit } from '#ports'
import { DIRECTORY, isDirectory, type TreeItem, type TreeItems } from '../objects/object-format.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { nameBytes } from '../objects/path-name.ts'

const NOTHING: TreeItems = new Map()

interface Edit {
  /** What is left of the path, in latin1 components. */
  readonly path: readonly string[]
  readonly item: TreeItem | null
}

/** Writes the tree `over` with the edits made in it; a folder that is left empty goes, as git keeps none. */
export async function composeTree(store: ObjectStore, over: string, edits: readonly TreeEdit[]): Promise<string> {
  const ready: Edit[] = []
  for (const edit of edits) ready.push({ path: nameBytes(edit.path).split('/'), item: await itemOf(store, edit) })
  return store.writeTree(await edited(store, await store.tree(over), ready))
}

async function itemOf(store: ObjectStore, { put }: TreeEdit): Promise<TreeItem | null> {
  if (put === null) return null
  if ('blob' in put) return { mode: put.mode, id: put.blob }
  return { mode: '100644', id: await store.write('blob', Buffer.from(put.content)) }
}

async function edited(store: ObjectStore, below: TreeItems, edits: readonly Edit[]): Promise<TreeItems> {
  const items = new Map(below)
  const deeper = new Map<string, Edit[]>()
  for (const { path, item } of edits) {
    const [name = '', ...rest] = path
    if (rest.length > 0) deeper.set(name, [...(deeper.get(name) ?? []), { path: rest, item }])
    else if (item === null) items.delete(name)
    else items.set(name, item)
  }
  for (const [name, inside] of deeper) {
    const known = items.get(name)
    const folder = known !== undefined && isDirectory(known) ? await store.tree(known.id) : NOTHING
    const after = await edited(store, folder, inside)
    if (after.size > 0) items.set(name, { mode: DIRECTORY, id: await store.writeTree(after) })
    else if (known !== undefined && isDirectory(known)) items.delete(name)
  }
  return items
}
