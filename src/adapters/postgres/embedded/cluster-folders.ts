import { createHash } from 'node:crypto'
import { chown, lstat, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import { folderFailure } from './storage-failure.ts'

/** Who the server runs as when the platform runs as root: a number without a name, outside the ranges of Debian. */
const SERVER_UID = 60_543
/** `sun_path` holds 108 bytes with its final NUL. */
const SOCKET_PATH_LIMIT = 107
const SOCKET_NAME = '.s.PGSQL.5432'

/** Where a home keeps its server. */
export interface ClusterFolders {
  readonly root: string
  /** Holds `data`; appears complete by a rename or not at all. */
  readonly cluster: string
  readonly credentials: string
  /** Held by the postmaster and every process it forks, so that a second server never starts on the same data. */
  readonly lock: string
  readonly log: string
  readonly libraries: string
  readonly passwd: string
  readonly socket: string
  /** Owner of data and socket. */
  readonly uid: number
  readonly gid: number
  readonly as_root: boolean
}

/** Makes the folders of a home's server; idempotent. @throws GanderError `storage_full`, `storage_unwritable` */
export async function prepareFolders(home: string): Promise<ClusterFolders> {
  const folders = layOut(home)
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await mkdir(folders.root, { recursive: true, mode: 0o700 })
    await ownFolder(folders.socket, folders)
    await (await open(folders.lock, 'a', 0o644)).close()
  } catch (error) {
    throw folderFailure(error, home)
  }
  return folders
}

function layOut(home: string): ClusterFolders {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  const as_root = uid === 0
  const root = join(home, 'postgres')
  return {
    root,
    cluster: join(root, 'cluster'),
    credentials: join(root, 'credentials.json'),
    lock: join(root, 'server.lock'),
    log: join(root, 'server.log'),
    libraries: join(root, 'libraries'),
    passwd: join(root, 'passwd'),
    socket: socketFolder(root, uid),
    uid: as_root ? SERVER_UID : uid,
    gid: as_root ? SERVER_UID : gid,
    as_root,
  }
}

/** Depends on the home and the user only, never on the environment, so that every process finds the same folder. */
export function socketFolder(root: string, uid: number): string {
  const near = join(root, 'socket')
  if (Buffer.byteLength(join(near, SOCKET_NAME)) < SOCKET_PATH_LIMIT) return near
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16)
  return uid === 0 ? `/run/gander-${name}` : `/tmp/gander-${uid}-${name}`
}

/** Makes a 0700 folder of the server's, and refuses one that somebody else put in its place. */
async function ownFolder(path: string, { uid, gid }: ClusterFolders): Promise<void> {
  const made = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  if (made) await chown(path, uid, gid)
  const found = await lstat(path)
  const mine = found.uid === uid || (!made && found.uid === process.getuid?.())
  if (!found.isDirectory() || !mine || (found.mode & 0o077) !== 0)
    throw new GanderError('storage_unwritable', `${path} is not a private folder of the database server.`, {
      facts: { path },
      remedy: `Remove ${path} and try again.`,
    })
  if (found.uid !== uid) await chown(path, uid, gid)
}
