import type { PackageTool } from '#ports'
import type { Dependency, ManifestContent } from './dependency.ts'
import { compareVersions, isMajorRaise, lowestVersion } from './versions/compare-versions.ts'

/** How a package differs between base and head. */
export type ChangeKind = 'added' | 'removed' | 'raised' | 'major' | 'downgraded' | 'source_changed' | 'reworded'

/** One package that the change adds, takes away or asks for otherwise. */
export interface DependencyChange {
  readonly kind: ChangeKind
  readonly before: Dependency | undefined
  readonly after: Dependency | undefined
  /** What the change speaks of: the proposed entry, or the one that is gone. */
  readonly of: Dependency
}

/** One file that says what is depended on, as base and head have it. */
export interface ComparedFile {
  readonly path: string
  readonly before: ManifestContent
  readonly after: ManifestContent
}

/**
 * What a change does to the packages of a repository. Manifests are compared file by file; of lockfiles the names and
 * versions they pin in all, as a tool may pin a package more than once.
 */
export function compareDependencies(files: readonly ComparedFile[]): readonly DependencyChange[] {
  const direct = files.flatMap((file) => compareDirect(ofRole(file.before, 'direct'), ofRole(file.after, 'direct')))
  const locked = compareLocked(
    files.flatMap((file) => ofRole(file.before, 'locked')),
    files.flatMap((file) => ofRole(file.after, 'locked')),
  )
  return [...direct, ...locked]
}

const ofRole = ({ dependencies }: ManifestContent, role: Dependency['role']): readonly Dependency[] =>
  dependencies.filter((dependency) => dependency.role === role)

/** One name for a package across the ecosystems. */
export const keyOf = ({ tool, name }: { readonly tool: PackageTool; readonly name: string }): string =>
  `${tool} ${name}`

function compareDirect(before: readonly Dependency[], after: readonly Dependency[]): readonly DependencyChange[] {
  const [old, now] = [grouped(before), grouped(after)]
  const gone = [...old].flatMap(([key, entries]) => {
    const [of] = entries
    return now.has(key) || of === undefined ? [] : [{ kind: 'removed', before: of, after: undefined, of } as const]
  })
  const there = [...now].flatMap(([key, entries]) => {
    const were = old.get(key) ?? []
    // A section may name a package twice; entries that both sides have are no change.
    const changed = entries.filter((entry) => !were.some((was) => isSame(was, entry)))
    return changed.map((of): DependencyChange => {
      const was = were.find((each) => !entries.some((entry) => isSame(each, entry))) ?? were[0]
      return { kind: was === undefined ? 'added' : kindOf(was, of), before: was, after: of, of }
    })
  })
  return [...gone, ...there]
}

const isSame = (one: Dependency, other: Dependency): boolean =>
  one.wanted === other.wanted && one.source === other.source && one.reference === other.reference

function kindOf(was: Dependency, now: Dependency): ChangeKind {
  if (was.source !== now.source || (was.reference !== now.reference && now.source !== 'registry'))
    return 'source_changed'
  const [from, to] = [lowestVersion(was.wanted), lowestVersion(now.wanted)]
  if (from === undefined || to === undefined) return 'reworded'
  const order = compareVersions(now.tool, from, to) ?? 0
  if (order > 0) return 'downgraded'
  if (isMajorRaise(now.tool, from, to)) return 'major'
  return order < 0 ? 'raised' : 'reworded'
}

function compareLocked(before: readonly Dependency[], after: readonly Dependency[]): readonly DependencyChange[] {
  const [old, now] = [grouped(before), grouped(after)]
  const gone = [...old].flatMap(([key, [of]]) =>
    now.has(key) || of === undefined ? [] : [{ kind: 'removed', before: of, after: undefined, of } as const],
  )
  const there = [...now].flatMap(([key, entries]) => {
    const were = old.get(key) ?? []
    const fresh = entries.filter(
      (entry) => !were.some((was) => was.wanted === entry.wanted && was.source === entry.source),
    )
    return [...new Map(fresh.map((entry) => [`${entry.wanted} ${entry.source}`, entry])).values()].map(
      (of): DependencyChange => {
        const was = newest(were)
        return { kind: was === undefined ? 'added' : kindOf(was, of), before: was, after: of, of }
      },
    )
  })
  return [...gone, ...there]
}

const newest = (entries: readonly Dependency[]): Dependency | undefined =>
  entries.toSorted((one, other) => compareVersions(one.tool, other.wanted, one.wanted) ?? 0)[0]

function grouped(entries: readonly Dependency[]): ReadonlyMap<string, readonly Dependency[]> {
  const groups = new Map<string, Dependency[]>()
  for (const entry of entries) {
    const group = groups.get(keyOf(entry))
    if (group === undefined) groups.set(keyOf(entry), [entry])
    else group.push(entry)
  }
  return groups
}
