import type { DependencyTerms } from '#ports'
import { keyOf, type ComparedFile, type DependencyChange } from './compare-dependencies.ts'
import type { Dependency, NamedRegistry } from './dependency.ts'
import { dependencyFinding, type DependencyFinding } from './dependency-finding.ts'
import { mistakenFor } from './near-names.ts'

/** What the changes are judged with, beside themselves. */
export interface ChangeGround {
  readonly files: readonly ComparedFile[]
  readonly changes: readonly DependencyChange[]
  /** Packages that the repository used before, anywhere in it. */
  readonly used: readonly Pick<Dependency, 'tool' | 'name'>[]
  readonly terms: DependencyTerms
}

/** What can be said of the changes without asking anyone. */
export function judgeChanges(ground: ChangeGround): readonly DependencyFinding[] {
  const used = new Set(ground.used.map(keyOf))
  const locked = new Set(ground.changes.flatMap(({ after }) => (after?.role === 'locked' ? [keyOf(after)] : [])))
  const direct = ground.changes.filter(({ of }) => of.role === 'direct')
  return [
    ...direct.flatMap((change) => ofDirect(change, { used, locked })),
    ...lockedAlone(ground),
    ...registriesChanged(ground.files),
    ...confused(ground),
    ...nearNamed(ground, used),
  ]
}

function ofDirect(
  { kind, before, after, of }: DependencyChange,
  { used, locked }: { readonly used: ReadonlySet<string>; readonly locked: ReadonlySet<string> },
): readonly DependencyFinding[] {
  if (after === undefined) return [dependencyFinding('dependency.removed', of, 'is depended on no longer')]
  const found: DependencyFinding[] = []
  if (['git', 'url', 'outside'].includes(after.source))
    found.push(
      dependencyFinding('dependency.source', after, `comes from ${shown(after)}, which no registry vouches for`),
    )
  else if (after.source === 'registry') {
    if (after.tool === 'cargo' && after.reference !== undefined && after.reference !== before?.reference)
      found.push(dependencyFinding('dependency.registry_changed', after, `is taken from the registry ${shown(after)}`))
    if (isUnpinned(after) && !locked.has(keyOf(after)))
      found.push(
        dependencyFinding('dependency.unpinned', after, 'is asked for in any version, and no lockfile pins it'),
      )
  }
  if (kind === 'added' && after.source !== 'inside' && !used.has(keyOf(after)))
    found.push(dependencyFinding('dependency.added', after, 'is a new dependency'))
  if (kind === 'major')
    found.push(dependencyFinding('dependency.major', after, `is a new major version; it was ${before?.wanted ?? ''}`))
  if (kind === 'downgraded')
    found.push(
      dependencyFinding('dependency.downgraded', after, `is older than before; it was ${before?.wanted ?? ''}`),
    )
  return found
}

const shown = ({ reference = 'elsewhere', source }: Dependency): string =>
  `${source === 'outside' ? 'outside of the repository: ' : ''}${withoutUser(reference).slice(0, 120)}`

/** An address may hold a user's name and password. */
const withoutUser = (address: string): string => address.replace(/(:\/\/)[^/@]*@/, '$1')

function isUnpinned({ tool, wanted }: Dependency): boolean {
  const plain = wanted.trim().toLowerCase()
  if (tool === 'maven') return /^(?:latest|release|latest\.\w+|\+|[\d.]*\+)$/.test(plain)
  return plain === '' ? tool === 'pip' || tool === 'npm' : /^(?:\*|x|latest|next|>=?\s*0(?:\.0)*)$/.test(plain)
}

/** Lockfiles may raise what no manifest speaks of; a person should know that nothing asked for it. */
function lockedAlone({ changes }: ChangeGround): readonly DependencyFinding[] {
  const told = new Set(changes.flatMap(({ of }) => (of.role === 'direct' ? [of.tool] : [])))
  const alone = changes.filter(({ of, after }) => of.role === 'locked' && after !== undefined && !told.has(of.tool))
  const downgraded = changes
    .filter(({ kind, of }) => kind === 'downgraded' && of.role === 'locked')
    .map(({ of, before }) =>
      dependencyFinding('dependency.downgraded', of, `is pinned older than ${before?.wanted ?? ''}`),
    )
  const [first] = alone
  if (first === undefined) return downgraded
  const rest = alone.length === 1 ? '' : ` with ${alone.length - 1} more`
  const said = `is pinned anew${rest}, and no manifest was changed`
  return [dependencyFinding('dependency.locked_alone', first.of, said), ...downgraded]
}

function registriesChanged(files: readonly ComparedFile[]): readonly DependencyFinding[] {
  const known = new Set(files.flatMap(({ before }) => before.registries.map(placeOf)))
  const fresh = files.flatMap(({ after }) => after.registries.filter((each) => !known.has(placeOf(each))))
  return fresh.map((registry) =>
    dependencyFinding(
      'dependency.registry_changed',
      { ...registry, name: 'packages', wanted: '' },
      `are to be taken from ${withoutUser(registry.address).slice(0, 120)}, which was not named before`,
    ),
  )
}

const placeOf = ({ tool, address }: NamedRegistry): string => `${tool} ${address.replace(/\/+$/, '').toLowerCase()}`

/** Host that an entry of a lockfile is fetched from; undefined where the format does not say. */
function hostOf({ reference, source }: Dependency): string | undefined {
  if (source !== 'registry' || reference === undefined || !URL.canParse(reference)) return undefined
  return new URL(reference).host.toLowerCase()
}

/** The only registry that a name may come from, by the installation's own map. */
export function ownRegistryOf(name: string, { internal = {} }: DependencyTerms): string | undefined {
  const found = Object.entries(internal).find(([pattern]) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name,
  )
  return found?.[1].toLowerCase()
}

/** Names of one's own that are fetched from a stranger's registry: by the map, or other than the scope was before. */
function confused({ changes, files, terms }: ChangeGround): readonly DependencyFinding[] {
  const hosts = new Map<string, Set<string>>()
  for (const each of files.flatMap(({ before }) => before.dependencies)) {
    const host = hostOf(each)
    for (const key of host === undefined ? [] : [keyOf(each), scopeOf(each)])
      if (key !== undefined && host !== undefined) hosts.set(key, (hosts.get(key) ?? new Set()).add(host))
  }
  return changes.flatMap(({ after }) => {
    const host = after === undefined ? undefined : hostOf(after)
    if (after === undefined || host === undefined) return []
    const own = ownRegistryOf(after.name, terms)
    const before = hosts.get(keyOf(after)) ?? hosts.get(scopeOf(after) ?? '')
    if (own !== undefined && own !== host)
      return [dependencyFinding('dependency.confusion', after, `is fetched from ${host}; its name belongs to ${own}`)]
    if (own !== undefined || before === undefined || before.has(host)) return []
    const said = `is fetched from ${host}; until now it or its scope came from ${[...before].sort().join(', ')}`
    return [dependencyFinding('dependency.confusion', after, said)]
  })
}

const scopeOf = ({ tool, name }: Dependency): string | undefined =>
  tool === 'npm' && name.startsWith('@') ? `${tool} ${name.slice(0, name.indexOf('/'))}/` : undefined

function nearNamed({ changes, used: known }: ChangeGround, used: ReadonlySet<string>): readonly DependencyFinding[] {
  const told = new Set(changes.flatMap(({ of }) => (of.role === 'direct' ? [of.tool] : [])))
  return changes.flatMap(({ kind, after }) => {
    if (kind !== 'added' || after === undefined || after.source === 'inside' || used.has(keyOf(after))) return []
    // What a dependency brings along was chosen by its authors; only what nobody asked for is looked at as well.
    if (after.role === 'locked' && told.has(after.tool)) return []
    const names = known.flatMap(({ tool, name }) => (tool === after.tool ? [name] : []))
    const near = mistakenFor(after.tool, after.name, names)
    if (near === undefined) return []
    return [dependencyFinding('dependency.near_name', after, `could be mistaken for ${near}`)]
  })
}
