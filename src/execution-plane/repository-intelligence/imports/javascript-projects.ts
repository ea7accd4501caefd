import type { Ground } from '../ground/ground.ts'
import { folderOf, joined, nameOf } from '../ground/path-parts.ts'
import { fieldsOf, readJson, stringOf, stringsOf } from '../ground/read-json.ts'

/** A folder with a package.json. */
export interface NodePackage {
  readonly folder: string
  readonly manifest: Readonly<Record<string, unknown>>
  /** Every package it may import by name. */
  readonly wanted: ReadonlySet<string>
}

/** How a tsconfig.json or jsconfig.json lets names stand for paths. */
export interface PathNames {
  /** Absent: only what `paths` names. */
  readonly base: string | undefined
  readonly paths: readonly { readonly before: string; readonly after: string; readonly to: readonly string[] }[]
}

/** What the manifests say about how a JavaScript import finds its file. */
export interface JavaScriptProjects {
  readonly packages: ReadonlyMap<string, NodePackage>
  readonly by_name: ReadonlyMap<string, NodePackage>
  readonly path_names: ReadonlyMap<string, PathNames>
}

const MOST_MANIFESTS = 500
const MOST_EXTENDED = 8
const WANTING = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']

/** Reads package.json and tsconfig.json files, those of vendored folders left out. */
export async function readJavaScriptProjects(ground: Ground): Promise<JavaScriptProjects> {
  const own = ground.files.filter(({ kind }) => kind !== 'vendored' && kind !== 'generated').map(({ path }) => path)
  const manifests = own.filter((path) => nameOf(path) === 'package.json').slice(0, MOST_MANIFESTS)
  const read = (await ground.texts(manifests)).map(([path, text]): NodePackage => {
    const manifest = readJson(text)
    const wanted = new Set(WANTING.flatMap((field) => Object.keys(fieldsOf(manifest[field]))))
    return { folder: folderOf(path), manifest, wanted }
  })
  const named = read.flatMap((each) => {
    const name = stringOf(each.manifest['name'])
    return name === undefined ? [] : [[name, each] as const]
  })
  const settings = own.filter((path) => /(^|\/)[tj]sconfig(\.base)?\.json$/.test(path)).slice(0, MOST_MANIFESTS)
  const path_names = new Map<string, PathNames>()
  for (const path of settings.toReversed()) {
    const names = await pathNamesOf(ground, path)
    if (names !== undefined) path_names.set(folderOf(path), names)
  }
  return {
    packages: new Map(read.map((each) => [each.folder, each])),
    by_name: new Map(named.toReversed()),
    path_names,
  }
}

/** What a configuration says itself or takes over from the file it extends; undefined where it names nothing. */
async function pathNamesOf(ground: Ground, start: string): Promise<PathNames | undefined> {
  let at: string | undefined = start
  let base: string | undefined
  for (let step = 0; at !== undefined && step < MOST_EXTENDED; step++) {
    const settings = readJson(await ground.text(at))
    const options = fieldsOf(settings['compilerOptions'])
    const folder = folderOf(at)
    const told = stringOf(options['baseUrl'])
    if (base === undefined && told !== undefined) base = joined(folder, told)
    if (options['paths'] !== undefined)
      return {
        base,
        paths: pathsOf(fieldsOf(options['paths']), (told === undefined ? folder : joined(folder, told)) ?? '.'),
      }
    at = extended(ground, folder, stringsOf(settings['extends'])[0])
  }
  return base === undefined ? undefined : { base, paths: [] }
}

function pathsOf(paths: Readonly<Record<string, unknown>>, folder: string): PathNames['paths'] {
  const rules = Object.entries(paths).map(([pattern, to]) => {
    const star = pattern.indexOf('*')
    const before = star < 0 ? pattern : pattern.slice(0, star)
    const after = star < 0 ? '' : pattern.slice(star + 1)
    return { before, after, exact: star < 0, to: stringsOf(to).flatMap((each) => joined(folder, each) ?? []) }
  })
  return rules
    .sort((a, b) => Number(b.exact) - Number(a.exact) || b.before.length - a.before.length)
    .map(({ before, after, exact, to }) => ({ before, after: exact ? '\0' : after, to }))
}

function extended(ground: Ground, folder: string, name: string | undefined): string | undefined {
  if (name === undefined || !name.startsWith('.')) return undefined
  const path = joined(folder, name)
  return path === undefined
    ? undefined
    : [path, `${path}.json`, `${path}/tsconfig.json`].find((each) => ground.has(each))
}
