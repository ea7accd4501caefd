import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { GuestToolDesk, Redactor } from '#ports'
import { once } from './once.ts'

/** The kernel's limit for the path of a unix socket, without the ending NUL. */
const PATH_LIMIT = 107
const NAME_LENGTH = '/0123456789abcdef.sock'.length

interface DeskParts {
  readonly home: string
  readonly version: string
  readonly redactor: Redactor
}

/** Serves guests the tools of their run on sockets that only this user can open; the protocol is loaded at the first. */
export function createGuestToolDesk({ home, version, redactor }: DeskParts): GuestToolDesk {
  const folder = once(async () => {
    const path = await socketFolder(home)
    await removeDead(path)
    return path
  })
  return {
    async open(offer) {
      const { serveGuestTools } = await import('#adapters/mcp-server')
      const socket = join(await folder(), `${randomBytes(8).toString('hex')}.sock`)
      const token = `gdt_${randomBytes(32).toString('base64url')}`
      redactor.register('guest tool token', token)
      const server = await serveGuestTools({ ...offer, token, socket, version })
      return {
        socket,
        token,
        close: async () => {
          await server.close()
          await rm(socket, { force: true })
        },
      }
    },
  }
}

/** Below the home, or where that is too deep for a socket, below the system's folder for passing files. */
async function socketFolder(home: string): Promise<string> {
  const own = join(home, 'doors')
  const is_short = Buffer.byteLength(own) + NAME_LENGTH <= PATH_LIMIT
  const { uid } = userInfo()
  const name = createHash('sha256').update(own).digest('hex').slice(0, 12)
  const path = is_short ? own : join(tmpdir(), `gander-doors-${uid}-${name}`)
  await mkdir(path, { recursive: true, mode: 0o700 })
  const stat = await lstat(path)
  if (stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0) return path
  throw new GanderError('sandbox_unavailable', `The folder ${path} for guests' sockets is open to other users.`, {
    remedy: `Remove ${path}, or give GANDER_HOME a shorter path.`,
  })
}

/** Sockets of workers that were killed; whoever listens still is another worker's. */
async function removeDead(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!(await isServed(path))) await rm(path, { force: true })
  }
}

const isServed = (path: string): Promise<boolean> =>
  new Promise((settle) => {
    const socket = connect(path)
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
    socket.once('connect', () => socket.destroy())
  })
