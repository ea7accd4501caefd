import type { OwnershipMap } from '#ports'
import { bounded, count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import {
  CODEOWNERS_PLACES,
  hasSections,
  LARGEST_CODEOWNERS,
  ownersOf,
  readCodeOwners,
  type CodeOwners,
} from './code-owners.ts'
import type { History } from './history.ts'

const MOST_OWNERS = 100
const MOST_RULES = 300

/** Who owns the paths of a commit, by its CODEOWNERS. */
export interface Owners {
  /** Where it stands; null where there is none. */
  readonly path: string | null
  readonly rules: CodeOwners
  /** False for one that is too long for the forges, or no text: it names nobody. */
  readonly is_read: boolean
  readonly of: (path: string) => readonly string[]
}

/** Reads the CODEOWNERS file that the forges would take. */
export async function readOwners(ground: Ground): Promise<Owners> {
  const path = CODEOWNERS_PLACES.find((place) => ground.has(place)) ?? null
  const text = path === null ? undefined : await ground.text(path, LARGEST_CODEOWNERS)
  const tops = new Set(['.github', '.gitlab'].filter((folder) => ground.hasFolder(folder)))
  const rules = readCodeOwners(text ?? '', {
    sections: path === null || hasSections(path, (each) => ground.has(each), tops),
  })
  return { path, rules, is_read: path === null || text !== undefined, of: (each) => ownersOf(rules, each) }
}

/** Who answers for what: as CODEOWNERS says, and as the history shows. */
export async function ownershipMapOf(ground: Ground, owners: Owners, history: History): Promise<OwnershipMap> {
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
    codeowners_read: owners.is_read,
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
    history: history.told(),
  }
}
