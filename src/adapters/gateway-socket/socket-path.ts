import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { GanderError } from '#domain/failure'

/** The kernel's limit for the path of a unix socket, without the ending NUL. */
const PATH_LIMIT = 107
/** What a path grows by while a gateway takes it over. */
const TAKEOVER_SUFFIX = 12

/**
 * Where the gateway of a home and database listens: one socket for each database. A home whose path is too long for a
 * socket gets one below /tmp, which depends on the user and the home only, so that every process finds the same.
 */
export async function socketPath(home: string, database_url: string | undefined): Promise<string> {
  const name = database_url === undefined ? 'gateway.sock' : `gateway-${digest(database_url)}.sock`
  const path = join(home, name)
  if (Buffer.byteLength(path) + TAKEOVER_SUFFIX <= PATH_LIMIT) return path
  return join(await ownFolder(), `${digest(path)}.sock`)
}

/** The longest name of a guest's socket in its folder. */
const DOOR_NAME = 22

/** The folder for guests' sockets of the gateway at a path; short enough for the kernel's limit. */
export async function doorFolder(control: string): Promise<string> {
  const name = `d${digest(control).slice(0, 8)}`
  const folder = join(dirname(control), name)
  return Buffer.byteLength(folder) + DOOR_NAME <= PATH_LIMIT ? folder : join(await ownFolder(), name)
}

async function ownFolder(): Promise<string> {
  const { uid } = userInfo()
  const folder = join('/tmp', `gander-${uid}`)
  await mkdir(folder, { mode: 0o700, recursive: true })
  const stat = await lstat(folder)
  if (stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0) return folder
  throw new GanderError(
    'gateway_unavailable',
    `The folder ${folder} for the gateway's socket is open to other users.`,
    {
      remedy: `Remove ${folder}, or give GANDER_HOME a shorter path.`,
    },
  )
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
