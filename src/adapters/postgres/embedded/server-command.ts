import { createHash } from 'node:crypto'
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { PostgresBinaries } from './binaries.ts'
import type { ClusterFolders } from './cluster-folders.ts'
import { requirePrograms } from './require-programs.ts'

/** Paths as the server's programs see them; inside bubblewrap they are not where the platform sees them. */
interface ServerView {
  readonly native: string
  readonly cluster: string
  readonly socket: string
  readonly password_file: string
}

/** A command with its whole environment. */
export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Exit code of a command that did not run because another process holds the server's lock. */
export const LOCK_HELD = 75

const INSIDE: ServerView & { readonly lock: string; readonly libraries: string } = {
  native: '/gander/native',
  cluster: '/gander/cluster',
  socket: '/gander/socket',
  password_file: '/gander/password',
  lock: '/gander/lock',
  libraries: '/gander/libraries',
}

interface Wanted {
  readonly binaries: PostgresBinaries
  readonly folders: ClusterFolders
  /** Host path of the cluster folder to work on. */
  readonly cluster: string
  /** Host path of a file with the owner's password, where the program needs one. */
  readonly password_file?: string
  /** Ends the program when the process that started it ends; for tests. */
  readonly dies_with_parent?: boolean
  readonly argv: (view: ServerView) => readonly string[]
}

/**
 * Builds the command line of a server program, run under the server's lock with an empty environment.
 * PostgreSQL refuses to run as root: there it runs in bubblewrap as a number that no account has.
 */
export async function serverCommand(wanted: Wanted): Promise<ServerCommand> {
  const { folders, binaries } = wanted
  await writePasswd(folders)
  const native = folders.as_root ? INSIDE.native : binaries.native
  const libraries = await linkLibraries(binaries, folders, native)
  const view: ServerView = folders.as_root
    ? INSIDE
    : {
        native,
        cluster: wanted.cluster,
        socket: folders.socket,
        password_file: wanted.password_file ?? '',
      }
  const seen = folders.as_root ? INSIDE.libraries : libraries
  const env = { LD_LIBRARY_PATH: `${seen}:${native}/lib`, PATH: '/usr/bin:/bin', LC_ALL: 'C' }
  const lock = folders.as_root ? INSIDE.lock : folders.lock
  const parts = [...privileges(wanted), ...locked(lock), ...wanted.argv(view)]
  const whole = folders.as_root ? [...contained(wanted, libraries), ...parts] : [...named(folders), ...parts]
  requirePrograms(whole)
  const [command = '', ...args] = wanted.dies_with_parent === true ? [...DIES_WITH_PARENT, ...whole] : whole
  return { command, args, env }
}

const DIES_WITH_PARENT = ['setpriv', '--pdeathsig', 'INT']

const locked = (lock: string): readonly string[] => [
  'flock',
  '--nonblock',
  '--no-fork',
  '--conflict-exit-code',
  String(LOCK_HELD),
  lock,
]

function privileges({ folders, dies_with_parent }: Wanted): readonly string[] {
  if (!folders.as_root) return []
  const { uid, gid } = folders
  const user = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs']
  const ends = dies_with_parent === true ? ['--pdeathsig', 'INT'] : []
  return ['setpriv', ...user, '--inh-caps=-all', '--bounding-set=-all', ...ends]
}

function contained({ binaries, folders, cluster, password_file }: Wanted, libraries: string): readonly string[] {
  const folder = (path: string) => ['--perms', '0755', '--dir', path]
  const usr = ['lib', 'lib64', 'bin', 'sbin'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`])
  const password = password_file === undefined ? [] : ['--ro-bind', password_file, INSIDE.password_file]
  return [
    ['bwrap', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--ro-bind', '/usr', '/usr', ...usr],
    ['--proc', '/proc', '--dev', '/dev', '--perms', '01777', '--tmpfs', '/dev/shm'],
    ['--perms', '01777', '--tmpfs', '/tmp', ...folder('/etc'), '--ro-bind', folders.passwd, '/etc/passwd'],
    [...folder('/gander'), '--ro-bind', binaries.native, INSIDE.native],
    ['--ro-bind', libraries, INSIDE.libraries, '--bind', folders.lock, INSIDE.lock],
    ['--bind', cluster, INSIDE.cluster, '--bind', folders.socket, INSIDE.socket, ...password, '--chdir', '/', '--'],
  ].flat()
}

/** initdb asks for the name of its user; a user without an account gets one that only it can see. */
function named({ passwd }: ClusterFolders): readonly string[] {
  try {
    userInfo()
    return []
  } catch {
    return ['bwrap', '--dev-bind', '/', '/', '--ro-bind', passwd, '/etc/passwd', '--']
  }
}

/** Links under the home, because npm may have been told not to run the install script that makes them. */
async function linkLibraries(binaries: PostgresBinaries, folders: ClusterFolders, native: string): Promise<string> {
  const version = createHash('sha256').update(native).digest('hex').slice(0, 8)
  const libraries = `${folders.libraries}-${version}`
  await mkdir(libraries, { recursive: true, mode: 0o755 })
  const made = binaries.links.map(({ name, file }) =>
    unlessThere(symlink(join(native, 'lib', file), join(libraries, name))),
  )
  await Promise.all(made)
  return libraries
}

async function writePasswd({ passwd, uid, gid }: ClusterFolders): Promise<void> {
  const aside = `${passwd}.${process.pid}`
  await writeFile(aside, `gander:x:${uid}:${gid}::/:/bin/false\n`)
  await unlessThere(link(aside, passwd))
  await rm(aside, { force: true })
}

const unlessThere = (made: Promise<void>): Promise<void> =>
  made.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
