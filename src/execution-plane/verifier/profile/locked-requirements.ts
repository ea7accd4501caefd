import { parse, TomlError, type TomlTableWithoutBigInt, type TomlValueWithoutBigInt } from 'smol-toml'
import { readText, type BaseTree } from './base-tree.ts'

/** What a Python lockfile fixes, as requirements that pip reads and checks by hash. */
export interface LockedRequirements {
  /** `name==version ; marker --hash=…`, one for each package that comes from a registry. */
  readonly lines: readonly string[]
  readonly lockfile: 'uv.lock' | 'poetry.lock'
  /** Whether the repository is itself a package that can be installed. */
  readonly installable: boolean
}

const GROUPS = /^(?:dev|tests?|testing)$/
const MOST_DEPTH = 20
const MOST_MARKERS = 8
const NAME = /^[A-Za-z0-9][\w.-]{0,100}$/
const VERSION = /^[\w.!+-]{1,100}$/
const HASH = /^sha(?:256|384|512):[0-9a-f]{64,128}$/
const MARKER = /^[\w\s.'"()<>=!~,*+-]{1,2000}$/

/**
 * Reads `uv.lock` or `poetry.lock`. Neither tool has to be there: pip installs exactly what is locked, from the
 * registries of this machine, and refuses what has another hash. Undefined where there is no lockfile that can be read.
 */
export async function lockedRequirements(tree: BaseTree): Promise<LockedRequirements | undefined> {
  const project = tableOf(await readText(tree, 'pyproject.toml')) ?? {}
  const uv = tableOf(await readText(tree, 'uv.lock'))
  if (uv !== undefined) return ofUv(uv)
  const poetry = tableOf(await readText(tree, 'poetry.lock'))
  if (poetry === undefined) return undefined
  const installable = at(project, 'tool', 'poetry', 'package-mode') !== false && project['build-system'] !== undefined
  return { lines: poetryLines(poetry), lockfile: 'poetry.lock', installable }
}

type Table = TomlTableWithoutBigInt

function tableOf(text: string | undefined): Table | undefined {
  if (text === undefined) return undefined
  try {
    return parse(text, { maxDepth: MOST_DEPTH })
  } catch (error) {
    if (error instanceof TomlError) return undefined
    throw error
  }
}

const isTable = (value: TomlValueWithoutBigInt | undefined): value is Table =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
const tables = (value: TomlValueWithoutBigInt | undefined): readonly Table[] =>
  isTable(value) ? [value] : Array.isArray(value) ? value.filter(isTable) : []
const text = (value: TomlValueWithoutBigInt | undefined): string => (typeof value === 'string' ? value : '')
const at = (table: Table, ...names: readonly string[]): TomlValueWithoutBigInt | undefined =>
  names.reduce<TomlValueWithoutBigInt | undefined>((value, name) => (isTable(value) ? value[name] : undefined), table)
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

function lineOf(found: Table, files: readonly Table[], markers: readonly string[] | undefined): readonly string[] {
  const [name, version] = [text(found['name']), text(found['version'])]
  const hashes = files.map((file) => text(file['hash'])).filter((hash) => HASH.test(hash))
  const said = markers?.filter((marker) => MARKER.test(marker)) ?? []
  if (!NAME.test(name) || !VERSION.test(version) || hashes.length === 0) return []
  const when = said.length === 0 ? '' : ` ; ${said.map((marker) => `(${marker})`).join(' or ')}`
  return [`${name}==${version}${when} ${hashes.map((hash) => `--hash=${hash}`).join(' ')}`]
}

interface Edge {
  readonly to: string
  readonly marker: string | undefined
}

function ofUv(lock: Table): LockedRequirements {
  const packages = tables(lock['package'])
  const isRoot = ({ source }: Table) =>
    isTable(source) && [source['editable'], source['virtual'], source['directory']].includes('.')
  const keyOf = (one: Table) => `${plain(text(one['name']))} ${text(one['version'])}`
  const reached = reachable(
    packages.filter(isRoot).map(keyOf),
    new Map(packages.map((one) => [keyOf(one), uvEdges(one, isRoot(one), packages).map((edge) => edge)])),
  )
  const lines = packages.flatMap((one) => {
    const markers = reached.get(keyOf(one))
    if (markers === undefined || isRoot(one)) return []
    return lineOf(one, [...tables(one['wheels']), ...tables(one['sdist'])], markers === 'always' ? undefined : markers)
  })
  const installable = packages.some((one) => isRoot(one) && at(one, 'source', 'editable') === '.')
  return { lines, lockfile: 'uv.lock', installable }
}

/** What a package needs; of the repository's own also what its tests need. */
function uvEdges(from: Table, root: boolean, packages: readonly Table[]): readonly Edge[] {
  const groups = (name: string) =>
    Object.entries(isTable(from[name]) ? from[name] : {}).flatMap(([group, list]) =>
      !root || GROUPS.test(group) ? tables(list) : [],
    )
  const needed = [
    ...tables(from['dependencies']),
    ...groups('optional-dependencies'),
    ...(root ? groups('dev-dependencies') : []),
  ]
  return needed.flatMap((edge) => {
    const name = plain(text(edge['name']))
    const version = text(edge['version'])
    const marker = text(edge['marker'])
    return packages
      .filter((one) => plain(text(one['name'])) === name && (version === '' || text(one['version']) === version))
      .map((one) => ({ to: `${name} ${text(one['version'])}`, marker: marker === '' ? undefined : marker }))
  })
}

type Reach = 'always' | readonly string[]

/** When each package is needed: always, or where one of some markers holds. */
function reachable(roots: readonly string[], edges: ReadonlyMap<string, readonly Edge[]>): ReadonlyMap<string, Reach> {
  const reached = new Map<string, Reach>(roots.map((root) => [root, 'always']))
  const queue = [...roots]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const own = reached.get(next)
    if (own === undefined) continue
    for (const { to, marker } of edges.get(next) ?? []) {
      const before = reached.get(to)
      const now = joined(before, through(own, marker))
      if (before !== undefined && String(before) === String(now)) continue
      reached.set(to, now)
      queue.push(to)
    }
  }
  return reached
}

/** A package behind a condition is needed under that condition; two in a row are the later one's alone, which is wider. */
const through = (own: Reach, marker: string | undefined): Reach => (marker === undefined ? own : [marker])

function joined(before: Reach | undefined, more: Reach): Reach {
  if (before === undefined) return more
  if (before === 'always' || more === 'always') return 'always'
  const all = [...new Set([...before, ...more])].sort()
  return all.length > MOST_MARKERS ? 'always' : all
}

/** From the usual index, or from one that the project names: pip asks this machine's own, and checks the hash. */
const isFromIndex = ({ source }: Table): boolean =>
  source === undefined || (isTable(source) && source['type'] === 'legacy')

function poetryLines(lock: Table): readonly string[] {
  const packages = tables(lock['package'])
  const markers = new Map<string, readonly (string | undefined)[]>()
  for (const one of packages)
    for (const [name, needed] of Object.entries(isTable(one['dependencies']) ? one['dependencies'] : {})) {
      const said = isTable(needed) ? text(needed['markers']) : ''
      markers.set(plain(name), [...(markers.get(plain(name)) ?? []), said === '' ? undefined : said])
    }
  const files = isTable(lock['metadata']) && isTable(lock['metadata']['files']) ? lock['metadata']['files'] : {}
  return packages
    .filter((one) => one['optional'] !== true && isFromIndex(one))
    .flatMap((one) => {
      const name = text(one['name'])
      const own = text(one['markers'])
      const conditions = markers.get(plain(name)) ?? []
      const asked = Array.isArray(one['groups']) ? undefined : conditions
      const all = asked !== undefined && asked.length > 0 && asked.every((marker) => marker !== undefined)
      const said = own === '' ? (all ? asked.filter((marker) => marker !== undefined) : undefined) : [own]
      return lineOf(one, [...tables(one['files']), ...tables(files[name])], said)
    })
}
