import type { DependencyMap } from '#ports'
import { bounded, count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { folderOf } from '../ground/path-parts.ts'
import type { Imports } from './follow-imports.ts'

const MOST_FILES = 3_000
const MOST_OF_FILE = 100
const MOST_FOLDERS = 200
const MOST_IMPORTED = 50
const MOST_PACKAGES = 500
const MOST_UNRESOLVED = 100

/** What needs what, of this repository and of others. */
export async function dependencyMapOf(ground: Ground, imports: Imports): Promise<DependencyMap> {
  const files = [...imports.of]
  const imported = new Map([...imports.by].map(([path, importers]) => [path, importers.length]))
  return {
    version: 1,
    commit: ground.commit,
    imports: imports.counts,
    edges: files.reduce((sum, [, paths]) => sum + paths.length, 0),
    files: {
      entries: files.slice(0, MOST_FILES).map(([path, paths]) => ({ path, imports: bounded(paths, MOST_OF_FILE) })),
      more: Math.max(0, files.length - MOST_FILES),
    },
    folders: bounded(await folderEdges(imports), MOST_FOLDERS),
    most_imported: bounded(
      mostFirst(imported).map(([path, imported_by]) => ({ path, imported_by })),
      MOST_IMPORTED,
    ),
    packages: bounded(
      imports.packages.toSorted((a, b) => b.imported_by - a.imported_by),
      MOST_PACKAGES,
    ),
    unresolved: bounded(imports.unresolved, MOST_UNRESOLVED),
  }
}

/** Imports from one folder to another, most first. */
export async function folderEdges(imports: Imports, of = folderOf): Promise<DependencyMap['folders']['entries']> {
  const edges = new Map<string, number>()
  const known = new Map<string, string>()
  const folder = (path: string): string => {
    const made = known.get(path) ?? of(path)
    known.set(path, made)
    return made
  }
  await inTurns(imports.of, ([path, targets]) => {
    const from = folder(path)
    for (const target of targets) {
      const to = folder(target)
      if (from !== to) count(edges, `${from}\0${to}`)
    }
  })
  return mostFirst(edges).map(([edge, imports_]) => {
    const [from = '', to = ''] = edge.split('\0')
    return { from, to, imports: imports_ }
  })
}
