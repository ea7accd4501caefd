import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type HostEnvironment, isExecutable, pathFolders } from '../host-programs.ts'
import { VERSION_MANAGERS } from './version-managers.ts'

/** A program that sandboxes see, and the host folders they see read-only for its sake. */
export interface Toolchain {
  readonly name: string
  /** Absolute path of the real program; the same on the host and inside. */
  readonly path: string
  /** Host folders or files outside the system folders that are bound read-only at the same path. */
  readonly roots: readonly string[]
  /** Folder that goes on the PATH inside. */
  readonly folder: string
}

const TOOLS = [
  'node',
  'npm',
  'npx',
  'corepack',
  'pnpm',
  'yarn',
  'bun',
  'deno',
  'python3',
  'python',
  'pip',
  'pip3',
  'uv',
  'poetry',
  'java',
  'javac',
  'mvn',
  'gradle',
  'git',
  'go',
  'cargo',
  'rustc',
  'gcc',
  'make',
  'cmake',
  'ruby',
  'perl',
  'bash',
  'sh',
] // prettier-ignore

/** Folders that every sandbox sees whole. */
const SYSTEM_ROOTS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** What only the folder of one installed toolchain holds: conda, a JDK, Maven, Node. */
const INSTALLATION_MARKS = ['conda-meta', 'release', 'bin/m2.conf', 'include/node']

/** Below these a folder is a whole home or keeps credentials; only something deeper may be opened. */
const isTooWide = (folder: string, homes: readonly string[]): boolean => {
  if (folder.split('/').filter(Boolean).length < 2) return true
  return homes.some((home) => {
    if (folder === home || home.startsWith(`${folder}/`)) return true
    if (!folder.startsWith(`${home}/`)) return false
    const below = folder.slice(home.length + 1).split('/')
    // ~/.local, ~/.local/share, ~/.cargo, ~/.config, ~/bin ...: shared by many programs, unless it is an installation.
    if (below.length === 1) return !INSTALLATION_MARKS.some((mark) => existsSync(join(folder, mark)))
    return /^\.(?:local|config|cache)\/[^/]+$/.test(below.join('/'))
  })
}

const isSystem = (path: string): boolean => SYSTEM_ROOTS.some((root) => path === root || path.startsWith(`${root}/`))

const real = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** What has to be seen for a program outside the system folders: its installation, or only itself where that is wide. */
const rootsOf = (program: string, homes: readonly string[]): readonly string[] => {
  if (isSystem(program)) return []
  const folder = dirname(program)
  const prefix = basename(folder) === 'bin' ? dirname(folder) : folder
  if (!isTooWide(prefix, homes)) return [prefix]
  const modules = join(dirname(folder), 'lib/node_modules')
  return [program, ...(basename(folder) === 'bin' && existsSync(modules) ? [modules] : [])]
}

/** npm's npm-cli.js lies in lib/node_modules/npm/bin: the installation is what holds lib and bin. */
const installationOf = (program: string): string =>
  program.replace(/\/lib\/node_modules\/.*$/, '/bin/-').replace(/\/share\/maven\/bin\/.*$/, '/bin/-')

const candidates = (tool: string, folder: string, environment: HostEnvironment): readonly string[] => {
  const manager = VERSION_MANAGERS.find((each) => each.owns(folder))
  const folders = manager === undefined ? [folder] : manager.programFolders(folder, tool, environment)
  return folders.map((each) => join(each, tool))
}

const homesOf = (environment: HostEnvironment): readonly string[] =>
  [environment['HOME'], '/root'].flatMap((home) => (home === undefined ? [] : [home, real(home) ?? home]))

const describe = (name: string, found: string, homes: readonly string[]): Toolchain | undefined => {
  const path = real(found)
  if (path === undefined || !statSync(path).isFile()) return undefined
  const installation = installationOf(path)
  const roots = new Set([
    ...rootsOf(installation, homes).filter((root) => !root.endsWith('/-')),
    ...rootsOf(path, homes),
  ])
  // A link in a folder that is opened itself keeps its place on PATH; else the real program's folder is used.
  const home_folder = dirname(found)
  const visible =
    isSystem(home_folder) || [...roots].some((root) => home_folder === root || home_folder.startsWith(`${root}/`))
  return { name, path, roots: [...roots], folder: visible ? home_folder : dirname(path) }
}

/**
 * The toolchains of this host: what PATH finds, with version managers seen through to the real program. A package
 * manager's own `node_modules/.bin` is no toolchain of the host. Absent tools are left out.
 */
export const findToolchains = (environment: HostEnvironment): readonly Toolchain[] => {
  const homes = homesOf(environment)
  const folders = [
    ...(environment['JAVA_HOME'] === undefined ? [] : [join(environment['JAVA_HOME'], 'bin')]),
    ...pathFolders(environment).filter((folder) => !folder.endsWith('/node_modules/.bin')),
    '/usr/local/go/bin',
    '/usr/local/bin',
    '/usr/bin',
    '/bin',
  ]
  const found = TOOLS.flatMap((tool) => {
    const program = folders.flatMap((folder) => candidates(tool, folder, environment)).find(isExecutable)
    const toolchain = program === undefined ? undefined : describe(tool, program, homes)
    return toolchain === undefined ? [] : [toolchain]
  })
  if (found.some((toolchain) => toolchain.name === 'node')) return found
  const own = describe('node', process.execPath, homes)
  return own === undefined ? found : [own, ...found]
}

/** Host paths to bind, without those that lie below another one. */
export const toolchainRoots = (toolchains: readonly Toolchain[]): readonly string[] => {
  const all = [...new Set(toolchains.flatMap((toolchain) => toolchain.roots))].sort()
  return all.filter((root) => !all.some((other) => other !== root && root.startsWith(`${other}/`)))
}

/** PATH inside: folders of the real programs first, in the order the host prefers them, then the system's. */
export const innerPath = (toolchains: readonly Toolchain[]): string =>
  [
    ...new Set([
      ...toolchains.map((toolchain) => toolchain.folder).filter((folder) => !isSystemBin(folder)),
      '/usr/local/sbin',
      '/usr/local/bin',
      '/usr/sbin',
      '/usr/bin',
      '/sbin',
      '/bin',
    ]),
  ].join(':')

const isSystemBin = (folder: string): boolean => /^(?:\/usr(?:\/local)?)?\/s?bin$/.test(folder)
