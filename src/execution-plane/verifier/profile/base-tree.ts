import type { TreeEntry } from '#ports'

/** Reads the base commit's tree. */
export interface TreeReader {
  list(): Promise<readonly TreeEntry[]>
  /** Bytes of a regular file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>
}

/** The base commit's tree with its entries at hand, as profiles are found in it. */
export interface BaseTree {
  readonly list: readonly TreeEntry[]
  /** Bytes of a regular file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>
}

/** Text of a file of at most a megabyte, or undefined. */
export async function readText(tree: BaseTree, path: string): Promise<string | undefined> {
  if (!has(tree, path)) return undefined
  const bytes = await tree.read(path)
  return bytes === undefined || bytes.length > 1_048_576 ? undefined : new TextDecoder().decode(bytes)
}

/** True when the tree holds a regular file at the path. */
export const has = (tree: BaseTree, path: string): boolean =>
  tree.list.some((entry) => entry.path === path && entry.mode.startsWith('100'))

/** True when any path lies under the folder. */
export const hasFolder = (tree: BaseTree, folder: string): boolean =>
  tree.list.some((entry) => entry.path.startsWith(`${folder}/`))

/** Paths that match, outside of vendored folders, in order. */
export const pathsLike = (tree: BaseTree, pattern: RegExp): readonly string[] =>
  tree.list
    .map((entry) => entry.path)
    .filter((path) => pattern.test(path) && !/(?:^|\/)(?:node_modules|vendor|\.venv|site-packages|dist)\//.test(path))

/** True when one of the first few files that match holds the text. */
export async function anyHolds(tree: BaseTree, pattern: RegExp, text: RegExp): Promise<boolean> {
  for (const path of pathsLike(tree, pattern).slice(0, 12))
    if (text.test((await readText(tree, path)) ?? '')) return true
  return false
}
