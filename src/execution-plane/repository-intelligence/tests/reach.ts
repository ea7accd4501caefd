import type { ReachedBy } from '#ports'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { folderOf } from '../ground/path-parts.ts'
import type { Imports } from '../imports/follow-imports.ts'
import { SourceNames } from './naming.ts'

/** A source a test reaches, and what says so. */
export interface Reached {
  readonly path: string
  readonly by: ReachedBy
}

/** Steps from a test to what it reaches; beyond them a test of anything reaches everything. */
const DEEPEST = 3
const MOST_REACHED = 200
/** Of a file that so many sources import, an import says little of what is tested. */
const WIDE = 60

/** Which sources each test reaches, the surest first: by its name, by imports, by what these import, by its package. */
export function reachOf(ground: Ground, imports: Imports): ReadonlyMap<string, readonly Reached[]> {
  const names = new SourceNames(ground)
  const packages = goPackages(ground)
  const kinds = new Map(ground.code.map(({ path, kind }) => [path, kind]))
  const reach = new Map<string, readonly Reached[]>()
  for (const test of ground.code) {
    if (test.kind !== 'test') continue
    const found = new Map<string, ReachedBy>()
    for (const path of names.of(test.path)) found.set(path, 'name')
    followImports(test.path, { imports, kinds, found })
    for (const path of packages(test)) if (!found.has(path)) found.set(path, 'package')
    reach.set(
      test.path,
      [...found]
        .map(([path, by]) => ({ path, by }))
        .toSorted((a, b) => RANKS[a.by] - RANKS[b.by])
        .slice(0, MOST_REACHED),
    )
  }
  return reach
}

const RANKS: Readonly<Record<ReachedBy, number>> = { name: 0, import: 1, package: 2, transitive: 3 }

interface Walk {
  readonly imports: Imports
  readonly kinds: ReadonlyMap<string, string>
  readonly found: Map<string, ReachedBy>
}

/** Support of tests counts as a part of the test: what it imports is one step away still. */
function followImports(test: string, { imports, kinds, found }: Walk): void {
  let edge = [test]
  const seen = new Set(edge)
  for (let step = 1; step <= DEEPEST && found.size < MOST_REACHED; step++) {
    const next: string[] = []
    const queue = [...edge]
    for (let at = 0; at < queue.length; at++)
      for (const path of imports.of.get(queue[at] ?? '') ?? []) {
        if (seen.has(path)) continue
        seen.add(path)
        if (kinds.get(path) !== 'source') {
          queue.push(path)
          continue
        }
        if (!found.has(path) && found.size < MOST_REACHED) found.set(path, step === 1 ? 'import' : 'transitive')
        if ((imports.of.get(path)?.length ?? 0) <= WIDE) next.push(path)
      }
    edge = next
  }
}

/** Go's tests stand in the package they test and import nothing for it. */
function goPackages(ground: Ground): (test: MappedFile) => readonly string[] {
  const by_folder = new Map<string, string[]>()
  for (const { path, language, kind } of ground.code)
    if (language === 'Go' && kind === 'source') push(by_folder, folderOf(path), path)
  return ({ path, language }) => (language === 'Go' ? (by_folder.get(folderOf(path)) ?? []) : [])
}

/** Tests by the source they reach, the surest first. */
export function testsBySource(reach: ReadonlyMap<string, readonly Reached[]>): ReadonlyMap<string, readonly Reached[]> {
  const by_source = new Map<string, Reached[]>()
  for (const [test, reached] of reach) for (const { path, by } of reached) push(by_source, path, { path: test, by })
  for (const list of by_source.values()) list.sort((a, b) => RANKS[a.by] - RANKS[b.by] || (a.path < b.path ? -1 : 1))
  return by_source
}
