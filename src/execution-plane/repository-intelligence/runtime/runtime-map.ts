import type { RuntimeMap } from '#ports'
import type { Manifests } from '../build/manifests.ts'
import { isAside } from '../ground/aside.ts'
import { bounded } from '../ground/bounded.ts'
import type { Ground, MappedFile } from '../ground/ground.ts'
import { filteredInTurns, inTurns } from '../ground/in-turns.ts'
import { folderOf, joined, nameOf, stemOf } from '../ground/path-parts.ts'
import { fieldsOf, listOf, stringOf } from '../ground/read-json.ts'
import { DEPLOYMENT_KINDS, jobsOf, namesOfUnit, PIPELINE_KINDS } from './deployment-units.ts'
import { environmentOf } from './environment.ts'

const MOST_ENTRIES = 100
const MOST_UNITS = 200
const MOST_CONFIGURATION = 200
const MOST_VARIABLES = 200
const MOST_FILES = 20
/** Files that must be read to tell whether they deploy anything. */
const MOST_ASKED = 400

type Entry = RuntimeMap['entry_points']['entries'][number]

/** How the software of a commit starts, where it is deployed, and what it is configured by. */
export async function runtimeMapOf(ground: Ground, manifests: Manifests): Promise<RuntimeMap> {
  const variables = await environmentOf(ground)
  return {
    version: 1,
    commit: ground.commit,
    entry_points: bounded(await entryPoints(ground, manifests), MOST_ENTRIES),
    deployment_units: bounded(await unitsOf(ground, DEPLOYMENT_KINDS, namesOfUnit), MOST_UNITS),
    pipelines: bounded(await unitsOf(ground, PIPELINE_KINDS, jobsOf), MOST_UNITS),
    configuration: bounded(await configurationOf(ground), MOST_CONFIGURATION),
    environment: bounded(
      [...variables]
        .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
        .map(([name, files]) => ({ name, files: bounded(files, MOST_FILES) })),
      MOST_VARIABLES,
    ),
  }
}

/** What starts a program by its name alone. */
const ENTRY =
  /(^|\/)((main|app|server|cli)\.([cm]?[jt]sx?|py|rb|php)|main\.(rs|go|c|cc|cpp|kt|dart|swift)|__main__\.py|manage\.py|wsgi\.py|asgi\.py|config\.ru|src\/bin\/[^/]+\.rs|(exe|bin)\/[\w-]+|(Main|App|Program|Application|[A-Z]\w*Application)\.(java|kt|cs))$/
/** What manifests declare first, then what is named like one; what stands aside comes last, the shallowest first. */
async function entryPoints(ground: Ground, manifests: Manifests): Promise<readonly Entry[]> {
  const declared = [
    ...[...manifests.node].flatMap(([path, fields]) => nodeEntries(folderOf(path), fields)),
    ...[...manifests.pyproject].flatMap(([path, fields]) => pythonScripts(folderOf(path), fields, ground)),
    ...[...manifests.cargo].flatMap(([path, fields]) => cargoBinaries(folderOf(path), fields)),
  ].filter(({ path }) => ground.file(path)?.kind === 'source')
  const found: Entry[] = []
  const starts = (path: string): boolean =>
    isProgram(ground, path) &&
    !(/\/(main|app|server|cli)\.py$/.test(path) && ground.has(`${folderOf(path)}/__init__.py`))
  await inTurns(ground.code, ({ path, kind }) => {
    if (kind === 'source' && ENTRY.test(path) && starts(path))
      found.push({ path, kind: kindOfEntry(path), name: nameOfEntry(path) })
  })
  const seen = new Set<string>()
  const order = (path: string): number => (isAside(path) ? 100 : 0) + path.split('/').length
  return [...declared, ...found.toSorted((a, b) => order(a.path) - order(b.path))]
    .filter(({ path }) => !seen.has(path) && seen.add(path) !== undefined)
    .toSorted((a, b) => Number(isAside(a.path)) - Number(isAside(b.path)))
}

/** A program of Java or Go has a `main`; one of Go is of the package `main`, which alone declares one. */
function isProgram(ground: Ground, path: string): boolean {
  if (!/\.(go|java|kt|cs|rs|c|cc|cpp)$/.test(path)) return true
  const symbols = ground.symbolsOf(path)
  return symbols.length === 0 || symbols.some(({ name }) => name === 'main' || name === 'Main')
}

const nameOfEntry = (path: string): string =>
  /^(main|__main__)\./.test(nameOf(path)) && path.includes('/') ? nameOf(folderOf(path)) : stemOf(path)

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

type Unit = RuntimeMap['deployment_units']['entries'][number]

/** Units by the kinds of files that declare them, with the names these give. */
async function unitsOf(
  ground: Ground,
  kinds: typeof DEPLOYMENT_KINDS,
  namesIn: (kind: string, text: string) => readonly string[],
): Promise<readonly Unit[]> {
  const units: { readonly path: string; readonly kind: (typeof kinds)[number] }[] = []
  await inTurns(ground.files, ({ path, kind: of_file }) => {
    if (of_file === 'vendored' || of_file === 'test' || of_file === 'link') return
    const kind = MAY_DEPLOY.test(nameOf(path)) ? kinds.find(({ paths }) => paths.test(path)) : undefined
    if (kind !== undefined) units.push({ path, kind })
  })
  const plain = units.filter(({ kind }) => kind.holds === undefined)
  const asked = units.filter(({ kind }) => kind.holds !== undefined).slice(0, MOST_ASKED)
  const found = new Map<string, readonly Unit[]>()
  const kind_of = new Map([...plain.slice(0, MOST_UNITS), ...asked].map(({ path, kind }) => [path, kind]))
  await ground.eachText([...kind_of.keys()], (path, text) => {
    const kind = kind_of.get(path)
    if (kind === undefined || [kind.holds, kind.holds_too].some((mark) => mark?.test(text) === false)) return
    const names = [...new Set(namesIn(kind.name, text))]
    found.set(
      path,
      (names.length > 0 ? names : [path]).map((name) => ({ path, kind: kind.name, name })),
    )
  })
  return units.flatMap(({ path }) => found.get(path) ?? [])
}

/** Every file that deploys anything is called so; most are not. */
const MAY_DEPLOY =
  /\.(ya?ml|toml|jsonc?|service|timer|socket|dockerfile|containerfile)$|^(Dockerfile|Containerfile|Procfile|Jenkinsfile)/i

const SETTINGS =
  /(^|\/)(config|conf|settings|etc)\/[^/]+\.(ya?ml|json|toml|ini|cfg|conf|properties|xml|env|exs|rb)$|(^|\/)(application|appsettings|bootstrap|logback|log4j2?|settings|config|default|production|development)(-?[\w.]*)?\.(ya?ml|json|toml|ini|cfg|conf|properties|xml)$|(^|\/)\.env(\.[^/]*)?$|(^|\/)settings\.py$/i

const OF_TOOLS = /^\.(github|gitlab|vscode|idea|circleci)\//

const configurationOf = async (ground: Ground): Promise<readonly string[]> =>
  (
    await filteredInTurns(
      ground.files,
      (file) => !isNoSetting(file) && SETTINGS.test(file.path) && !OF_TOOLS.test(file.path),
    )
  ).map(({ path }) => path)

const isNoSetting = ({ kind }: MappedFile): boolean =>
  kind === 'vendored' || kind === 'generated' || kind === 'test' || kind === 'documentation'
