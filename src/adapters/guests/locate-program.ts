import { access, constants, open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import type { ReadOnlyView } from '#ports'

/** Where programs are looked for. */
export interface SearchPlaces {
  readonly env: { readonly [name: string]: string | undefined }
  readonly user_home: string
  /** Programs below it are never taken: it may be the repository somebody wants worked on. */
  readonly cwd: string
}

/** A program as it is on the host, and what must be shown for it to start inside. */
export interface LocatedProgram {
  /** Absolute path on the host, as it was found. */
  readonly where: string
  readonly argv: readonly string[]
  readonly read_only: readonly ReadOnlyView[]
  /** From the manifest of its package; null where it has none. */
  readonly version: string | null
}

/** The folder in which each guest has an installation of its own: GANDER_GUESTS_CACHE, else below the user's cache. */
export const guestCache = ({ env, user_home }: Pick<SearchPlaces, 'env' | 'user_home'>): string =>
  env['GANDER_GUESTS_CACHE'] || join(env['XDG_CACHE_HOME'] || join(user_home, '.cache'), 'gander-guests')

/** Folders in the order they are searched. */
async function folders(places: SearchPlaces): Promise<readonly string[]> {
  const { env, cwd } = places
  const listed = (name: string) => (env[name] ?? '').split(':').filter(isAbsolute)
  const cache = guestCache(places)
  const installed = await readdir(cache).catch(() => [])
  const own = installed
    .filter((name) => !name.startsWith('.'))
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map((name) => join(cache, name, 'node_modules/.bin'))
  const found = [...listed('GANDER_AGENTS_PATH'), ...listed('PATH'), ...own]
  return found.filter((folder) => !isBelow(folder, cwd) || isBelow(cwd, dirname(places.user_home)))
}

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}

/** Finds a program by its name. Undefined where there is none that can be shown to a sandbox. */
export async function locateProgram(
  name: string,
  places: SearchPlaces,
  node: string,
): Promise<LocatedProgram | undefined> {
  if (!/^[\w.@+-]+$/.test(name)) return undefined
  for (const folder of await folders(places)) {
    const path = await realpath(join(folder, name)).catch(() => undefined)
    if (path === undefined || !(await isProgram(path))) continue
    return { where: join(folder, name), ...(await shown(path, name, node)) }
  }
  return undefined
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

const NODE_INSIDE = '/opt/gander/node'

async function shown(path: string, name: string, node: string): Promise<Omit<LocatedProgram, 'where'>> {
  const root = await packageOf(path)
  const place = `/opt/gander/${name}`
  const view: ReadOnlyView =
    root === undefined
      ? { host: path, inner: `${place}/${basename(path)}` }
      : { host: root.view, inner: `${place}/node_modules` }
  const inner = root === undefined ? view.inner : join(view.inner, relative(root.view, path))
  const version = root === undefined ? null : root.version
  if (!(await isNodeScript(path))) return { argv: [inner], read_only: [view], version }
  const views = [view, { host: await realpath(node), inner: NODE_INSIDE }]
  return { argv: [NODE_INSIDE, inner], read_only: views, version }
}

async function isNodeScript(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(128), 0, 128, 0)
    return /^#!.*\bnode\b/.test(buffer.subarray(0, bytesRead).toString('latin1').split('\n')[0] ?? '')
  } finally {
    await file.close()
  }
}

interface PackageRoot {
  /** The folder that is shown: the whole installation with its dependencies. */
  readonly view: string
  readonly version: string | null
}

/** The installation a program belongs to: the outermost `node_modules` of an installation, else none. */
async function packageOf(path: string): Promise<PackageRoot | undefined> {
  const at = path.indexOf('/node_modules/')
  if (at === -1) return undefined
  const view = path.slice(0, at + '/node_modules'.length)
  const words = path.slice(view.length + 1).split('/')
  const name = words.slice(0, words[0]?.startsWith('@') === true ? 2 : 1).join('/')
  return { view, version: await versionIn(join(view, name, 'package.json')) }
}

async function versionIn(manifest: string): Promise<string | null> {
  try {
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { readonly version?: unknown }
    return typeof version === 'string' ? version.slice(0, 60) : null
  } catch {
    return null
  }
}
