import type { RunRepository } from '#ports'
import type { Edit } from './sabotage.ts'

/** Writes the tree of a repository's base with these edits. */
export async function composeEdits(
  repository: Pick<RunRepository, 'source' | 'composeTree' | 'listFiles'>,
  edits: readonly Edit[],
): Promise<string> {
  const plain = edits.map(({ path, content }) => ({ path, put: content === null ? null : { content } }))
  const tree = await repository.composeTree(repository.source.tree, plain)
  const special = edits.filter(({ mode }) => mode !== undefined)
  if (special.length === 0) return tree
  const blobs = new Map((await repository.listFiles(tree)).map(({ path, blob }) => [path, blob]))
  return repository.composeTree(
    tree,
    special.flatMap(({ path, mode }) => {
      const blob = blobs.get(path)
      return mode === undefined || blob === undefined ? [] : [{ path, put: { mode, blob } }]
    }),
  )
}
