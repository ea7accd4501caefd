import type { OwnershipMap, PastCommit } from '#ports'
import { bounded, count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { twoDeep } from '../ground/path-parts.ts'
import { CODEOWNERS_PLACES, ownersOf, readCodeOwners, type CodeOwners } from './code-owners.ts'

const MOST_OWNERS = 100
const MOST_RULES = 300
const MOST_FOLDERS = 100
const MOST_AUTHORS = 5
const MOST_CHANGED = 50
const MOST_COMMITS = 2_000
/** A commit of more paths is a sweep, and says nothing of who knows them. */
const WIDE_COMMIT = 100

/** Who owns the paths of a commit, by its CODEOWNERS. */
export interface Owners {
  /** Where it stands; null where there is none. */
  readonly path: string | null
  readonly rules: CodeOwners
  readonly of: (path: string) => readonly string[]
}

/** Reads the CODEOWNERS file that the forges would take. */
export async function readOwners(ground: Ground): Promise<Owners> {
  const path = CODEOWNERS_PLACES.find((place) => ground.has(place)) ?? null
  const rules = readCodeOwners(path === null ? '' : ((await ground.text(path)) ?? ''))
  return { path, rules, of: (each) => ownersOf(rules, each) }
}

/** Who answers for what: as CODEOWNERS says, and as the history shows. */
export async function ownershipMapOf(ground: Ground, owners: Owners): Promise<OwnershipMap> {
  const files = new Map<string, number>()
  let unowned = 0
  const own = ground.files.filter(({ kind }) => kind !== 'vendored')
  await inTurns(own, ({ path }) => {
    const of_file = owners.of(path)
    for (const owner of of_file) count(files, owner)
    if (of_file.length === 0) unowned += 1
  })
  return {
    version: 1,
    commit: ground.commit,
    codeowners: owners.path,
    owned_files: own.length - unowned,
    unowned_files: unowned,
    owners: bounded(
      mostFirst(files).map(([name, number]) => ({ name, files: number })),
      MOST_OWNERS,
    ),
    rules: bounded(
      owners.rules.sections.flatMap(({ name, optional, rules }) =>
        rules.map(({ pattern, owners: named, line }) => ({ pattern, section: name, owners: named, optional, line })),
      ),
      MOST_RULES,
    ),
    unreadable_lines: owners.rules.unreadable.slice(0, MOST_RULES),
    history: historyOf(ground),
  }
}

function historyOf({ past, files }: Ground): OwnershipMap['history'] {
  const there = new Set(files.map(({ path }) => path))
  const changes = new Map<string, number>()
  const folders = new Map<string, number>()
  const authors = new Map<string, Map<string, number>>()
  const looked = past.slice(0, MOST_COMMITS)
  for (const commit of looked) {
    if (commit.paths.length > WIDE_COMMIT) continue
    for (const path of commit.paths) if (there.has(path)) count(changes, path)
    for (const folder of new Set(commit.paths.filter((path) => there.has(path)).map(twoDeep))) {
      count(folders, folder)
      countAuthor(authors, folder, commit)
    }
  }
  return {
    commits: looked.length,
    folders: bounded(
      mostFirst(folders).map(([path, number]) => ({
        path,
        changes: number,
        authors: bounded(
          mostFirst(authors.get(path) ?? new Map<string, number>()).map(([id, each]) => ({ id, changes: each })),
          MOST_AUTHORS,
        ),
      })),
      MOST_FOLDERS,
    ),
    most_changed: bounded(
      mostFirst(changes).map(([path, number]) => ({ path, changes: number })),
      MOST_CHANGED,
    ),
  }
}

function countAuthor(authors: Map<string, Map<string, number>>, folder: string, { author }: PastCommit): void {
  if (author === undefined) return
  const known = authors.get(folder) ?? new Map<string, number>()
  authors.set(folder, known)
  count(known, author)
}
