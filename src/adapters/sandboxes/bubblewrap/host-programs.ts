import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { GanderError } from '#domain/failure'

/** Programs of the host that the driver starts, by absolute path. */
export interface HostPrograms {
  readonly bwrap: string
  readonly setpriv: string
  readonly unshare: string
  readonly nsenter: string
  readonly mount: string
  readonly mkfifo: string
  readonly chmod: string
  readonly prlimit: string
  readonly sh: string
}

/** What the host's environment looks like; only these variables are read. */
export type HostEnvironment = { readonly [name: string]: string | undefined }

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

const PACKAGE_OF = {
  bwrap: 'bubblewrap',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'util-linux (mount)',
  mkfifo: 'coreutils',
  chmod: 'coreutils',
  prlimit: 'util-linux',
  sh: 'dash',
} as const

/** True for a file this process may execute. */
export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Absolute folders of PATH, in order, each once. */
export const pathFolders = (environment: HostEnvironment): readonly string[] => [
  ...new Set((environment['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))),
]

/** Names of the programs that are missing, and the ones found. System folders are looked at before PATH. */
export const findHostPrograms = (
  environment: HostEnvironment,
): { readonly found: Partial<HostPrograms>; readonly missing: readonly string[] } => {
  const folders = [...SYSTEM_FOLDERS, ...pathFolders(environment)]
  const entries = Object.keys(PACKAGE_OF).map(
    (name) => [name, folders.map((folder) => join(folder, name)).find(isExecutable)] as const,
  )
  return {
    found: Object.fromEntries(entries.filter(([, path]) => path !== undefined)),
    missing: entries.filter(([, path]) => path === undefined).map(([name]) => name),
  }
}

/** What to install so that a missing program is there. */
export const installRemedy = (missing: readonly string[]): string => {
  const packages = [...new Set(missing.map((name) => PACKAGE_OF[name as keyof typeof PACKAGE_OF]))].join(' ')
  return `Install ${packages} (Debian, Ubuntu: apt-get install ${packages}; Fedora: dnf install ${packages}) and run \`gander doctor\`.`
}

/** All programs. @throws GanderError `sandbox_unavailable` */
export const requireHostPrograms = (environment: HostEnvironment): HostPrograms => {
  const { found, missing } = findHostPrograms(environment)
  if (missing.length > 0) {
    throw new GanderError('sandbox_unavailable', `The sandbox needs ${missing.join(', ')}, which this host lacks.`, {
      facts: { missing: [...missing] },
      remedy: installRemedy(missing),
    })
  }
  return found as HostPrograms
}
