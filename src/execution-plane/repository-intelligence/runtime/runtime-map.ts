import type { RuntimeMap } from '#ports'
import type { Manifests } from '../build/manifests.ts'
import { bounded } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { folderOf, joined, nameOf, stemOf } from '../ground/path-parts.ts'
import { fieldsOf, listOf, stringOf } from '../ground/read-json.ts'
import { DEPLOYMENT_KINDS, namesOfUnit } from './deployment-units.ts'
import { environmentOf } from './environment.ts'

const MOST_ENTRIES = 100
const MOST_UNITS = 200
const MOST_CONFIGURATION = 200
const MOST_VARIABLES = 200
const MOST_FILES = 20

type Entry = RuntimeMap['entry_points']['entries'][number]

/** How the software of a commit starts, where it is deployed, and what it is configured by. */
export async function runtimeMapOf(ground: Ground, manifests: Manifests): Promise<RuntimeMap> {
  const variables = await environmentOf(ground)
  return {
    version: 1,
    commit: ground.commit,
    entry_points: bounded(entryPoints(ground, manifests), MOST_ENTRIES),
    deployment_units: bounded(await deploymentUnits(ground), MOST_UNITS),
    configuration: bounded(configurationOf(ground), MOST_CONFIGURATION),
    environment: bounded(
      [...variables]
        .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
        .map(([name, files]) => ({ name, files: bounded(files, MOST_FILES) })),
      MOST_VARIABLES,
    ),
  }
}

const ENTRY =
  /(^|\/)((src\/)?(index|main|app|server|cli)\.([cm]?[jt]sx?|py|rs|go|rb|php)|__main__\.py|manage\.py|wsgi\.py|asgi\.py|config\.ru|src\/bin\/[^/]+\.rs|cmd\/[^/]+\/main\.go|(Main|App|Program|Application|[A-Z]\w*Application)\.(java|kt|cs))$/

/** What manifests declare first, then what is named like one; the shallowest first. */
function entryPoints(ground: Ground, manifests: Manifests): readonly Entry[] {
  const declared = [
    ...[...manifests.node].flatMap(([path, fields]) => nodeEntries(folderOf(path), fields)),
    ...[...manifests.pyproject].flatMap(([path, fields]) => pythonScripts(folderOf(path), fields, ground)),
    ...[...manifests.cargo].flatMap(([path, fields]) => cargoBinaries(folderOf(path), fields)),
  ].filter(({ path }) => ground.has(path))
  const found = ground.code
    .filter(({ path, kind }) => kind === 'source' && ENTRY.test(path))
    .map(({ path }): Entry => ({ path, kind: kindOfEntry(path), name: stemOf(path) }))
    .sort((a, b) => a.path.split('/').length - b.path.split('/').length)
  const seen = new Set<string>()
  return [...declared, ...found].filter(({ path }) => !seen.has(path) && seen.add(path) !== undefined)
}

const kindOfEntry = (path: string): string =>
  /(wsgi|asgi|server|config\.ru)/.test(nameOf(path))
    ? 'server'
    : /(^|\/)(cli|__main__|manage)\./.test(path) || /(^|\/)(cmd|bin)\//.test(path)
      ? 'command'
      : /(^|\/)index\./.test(path)
        ? 'module'
        : 'program'

function nodeEntries(folder: string, fields: Readonly<Record<string, unknown>>): readonly Entry[] {
  const bin = fields['bin']
  const name = stringOf(fields['name']) ?? folder
  const bins = typeof bin === 'string' ? [[name, bin] as const] : Object.entries(fieldsOf(bin))
  const at = (target: unknown, kind: string, of: string): readonly Entry[] => {
    const path = typeof target === 'string' ? joined(folder, target) : undefined
    return path === undefined ? [] : [{ path, kind, name: of }]
  }
  return [...bins.flatMap(([of, target]) => at(target, 'command', of)), ...at(fields['main'], 'module', name)]
}

/** `name = "package.module:function"`. */
function pythonScripts(folder: string, fields: Readonly<Record<string, unknown>>, ground: Ground): readonly Entry[] {
  const scripts = {
    ...fieldsOf(fieldsOf(fields['project'])['scripts']),
    ...fieldsOf(fieldsOf(fieldsOf(fields['tool'])['poetry'])['scripts']),
  }
  return Object.entries(scripts).flatMap(([name, target]): readonly Entry[] => {
    const module = (stringOf(target) ?? '').split(':')[0]?.replaceAll('.', '/') ?? ''
    const places = [`${module}.py`, `src/${module}.py`, `${module}/__init__.py`, `src/${module}/__init__.py`]
    const path = places.map((place) => joined(folder, place)).find((place) => place !== undefined && ground.has(place))
    return path === undefined ? [] : [{ path, kind: 'command', name }]
  })
}

const cargoBinaries = (folder: string, fields: Readonly<Record<string, unknown>>): readonly Entry[] =>
  listOf(fields['bin']).flatMap((each): readonly Entry[] => {
    const { name, path } = fieldsOf(each)
    const at = typeof path === 'string' ? joined(folder, path) : undefined
    return at === undefined ? [] : [{ path: at, kind: 'command', name: stringOf(name) ?? stemOf(at) }]
  })

async function deploymentUnits(ground: Ground): Promise<RuntimeMap['deployment_units']['entries']> {
  const own = ground.files.filter(({ kind }) => kind !== 'vendored' && kind !== 'test')
  const units = own.flatMap(({ path }) => {
    const kind = DEPLOYMENT_KINDS.find(({ paths }) => paths.test(path))
    return kind === undefined ? [] : [{ path, kind }]
  })
  const texts = new Map(await ground.texts(units.slice(0, MOST_UNITS).map(({ path }) => path)))
  return units.flatMap(({ path, kind }) => {
    const text = texts.get(path)
    if ([kind.holds, kind.holds_too].some((mark) => mark !== undefined && !mark.test(text ?? ''))) return []
    const names = namesOfUnit(kind.name, text ?? '')
    return (names.length > 0 ? names : [path]).map((name) => ({ path, kind: kind.name, name }))
  })
}

const SETTINGS =
  /(^|\/)(config|conf|settings|etc)\/[^/]+\.(ya?ml|json|toml|ini|cfg|conf|properties|xml|env|exs|rb)$|(^|\/)(application|appsettings|bootstrap|logback|log4j2?|settings|config|default|production|development)(-?[\w.]*)?\.(ya?ml|json|toml|ini|cfg|conf|properties|xml)$|(^|\/)\.env(\.[^/]*)?$|(^|\/)settings\.py$/i

const OF_TOOLS = /^\.(github|gitlab|vscode|idea|circleci)\//

const configurationOf = (ground: Ground): readonly string[] =>
  ground.files
    .filter((file) => !isNoSetting(file) && SETTINGS.test(file.path) && !OF_TOOLS.test(file.path))
    .map(({ path }) => path)

const isNoSetting = ({ kind }: MappedFile): boolean =>
  kind === 'vendored' || kind === 'generated' || kind === 'test' || kind === 'documentation'
