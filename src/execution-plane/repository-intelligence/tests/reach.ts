import type { ReachedBy } from '#ports'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { inTurns } from '../ground/in-turns.ts'
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

/**
 * Which sources each test reaches, the surest first: by its name, by imports, by what these import, by its package. A
 * name alone says nothing across modules.
 */
export async function reachOf(
  ground: Ground,
  imports: Imports,
  moduleOf: (path: string) => string | undefined,
): Promise<ReadonlyMap<string, readonly Reached[]>> {
  const names = new SourceNames(ground)
  const packages = goPackages(ground)
  const kinds = new Map(ground.code.map(({ path, kind }) => [path, kind]))
  const known = new KnownReached()
  const reach = new Map<string, readonly Reached[]>()
  await inTurns(ground.code, (test) => {
    if (test.kind !== 'test') {
      if (testsItself(ground, test)) reach.set(test.path, [known.of(test.path, 'itself')])
      return
    }
    const found = new Map<string, ReachedBy>()
    const named = names.of(test.path)
    for (const path of named) if (moduleOf(path) === moduleOf(test.path)) found.set(path, 'name')
    followImports(test.path, { imports, kinds, found })
    for (const path of named) if (found.has(path)) found.set(path, 'name')
    for (const path of packages(test)) {
      if (found.size >= MOST_REACHED) break
      if (!found.has(path)) found.set(path, 'package')
    }
    const all = [...found].map(([path, by]) => known.of(path, by))
    reach.set(test.path, all.sort((a, b) => RANKS[a.by] - RANKS[b.by]).slice(0, MOST_REACHED))
  })
  return reach
}

const RANKS: Readonly<Record<ReachedBy, number>> = { itself: 0, name: 1, import: 2, package: 3, transitive: 4 }

/** One object for each pair: of thousands of tests most reach the same files. */
class KnownReached {
  readonly #known = new Map<string, Map<ReachedBy, Reached>>()

  of(path: string, by: ReachedBy): Reached {
    const of_path = this.#known.get(path) ?? new Map<ReachedBy, Reached>()
    this.#known.set(path, of_path)
    const made = of_path.get(by) ?? { path, by }
    of_path.set(by, made)
    return made
  }
}

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
    for (let at = 0; at < queue.length && found.size < MOST_REACHED; at++)
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

/** Rust keeps tests of a file in a module of it, or beside what they test. */
export const testsItself = (ground: Ground, { path, language }: MappedFile): boolean =>
  language === 'Rust' &&
  ground
    .symbolsOf(path)
    .some(
      ({ kind, name }) =>
        (kind === 'module' && /^tests?$/.test(name)) || (kind === 'function' && name.startsWith('test_')),
    )

/** Go's tests stand in the package they test and import nothing for it. */
function goPackages(ground: Ground): (test: MappedFile) => readonly string[] {
  const by_folder = new Map<string, string[]>()
  for (const { path, language, kind } of ground.code)
    if (language === 'Go' && kind === 'source') push(by_folder, folderOf(path), path)
  return ({ path, language }) => (language === 'Go' ? (by_folder.get(folderOf(path)) ?? []) : [])
}

/** Tests by the source they reach, the surest first. */
export async function testsBySource(
  reach: ReadonlyMap<string, readonly Reached[]>,
): Promise<ReadonlyMap<string, readonly Reached[]>> {
  const by_source = new Map<string, Reached[]>()
  const known = new KnownReached()
  await inTurns(reach, ([test, reached]) => {
    for (const { path, by } of reached) push(by_source, path, known.of(test, by))
  })
  await inTurns(by_source.values(), (list) => void list.sort(surest))
  return by_source
}

const surest = (a: Reached, b: Reached): number => RANKS[a.by] - RANKS[b.by] || (a.path < b.path ? -1 : 1)
