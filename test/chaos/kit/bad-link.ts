import { mkdir } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/** What a link does to what it carries. `half_open`: nothing passes, and neither side is told. */
export type LinkFault = 'none' | 'slow' | 'trickle' | 'half_open'

/** A way to the database that can go bad, for what is open and for what is opened later. */
export interface BadLink {
  /** Address of the database through the link. */
  readonly url: string
  /** From now on; what waits behind a fault goes on when it is mended. */
  become(fault: LinkFault): void
  close(): Promise<void>
}

/** Each way, so that an answer takes twice as long. */
const SLOW_MS = 50
const TRICKLE_MS = 1_000
const LOOK_MS = 20

/** Opens a link to the database's socket, at a socket in the given folder. */
export async function openBadLink(database_url: string, folder: string): Promise<BadLink> {
  const host = new URL(database_url.replace('@/', '@localhost/')).searchParams.get('host') ?? ''
  await mkdir(folder, { recursive: true })
  const link: { fault: LinkFault } = { fault: 'none' }
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(join(host, '.s.PGSQL.5432'))
    carry(client, database, link)
    carry(database, client, link)
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => undefined).on('close', () => open.delete(socket))
    }
  })
  await new Promise<void>((ready) => server.listen(join(folder, '.s.PGSQL.5432'), ready))
  return {
    url: database_url.replace(encodeURIComponent(host), encodeURIComponent(folder)),
    become: (fault) => {
      link.fault = fault
    },
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}

/** One direction of one connection, its bytes and its end in their order. */
function carry(from: Socket, to: Socket, link: { readonly fault: LinkFault }): void {
  let held: Buffer = Buffer.alloc(0)
  let ended = false
  let last_byte = 0
  let due = 0
  let timer: NodeJS.Timeout | undefined
  const move = () => {
    timer = undefined
    if (link.fault === 'trickle' && Date.now() - last_byte >= TRICKLE_MS && held.length > 0) {
      last_byte = Date.now()
      to.write(held.subarray(0, 1))
      held = held.subarray(1)
    }
    if (link.fault === 'none' || (link.fault === 'slow' && Date.now() >= due)) {
      if (held.length > 0) to.write(held)
      held = Buffer.alloc(0)
      if (ended) to.destroy()
    }
    if (!to.destroyed && (held.length > 0 || ended)) timer ??= setTimeout(move, LOOK_MS)
  }
  from.on('data', (chunk: Buffer) => {
    if (held.length === 0) due = Date.now() + SLOW_MS
    held = Buffer.concat([held, chunk])
    if (link.fault === 'none') move()
    else timer ??= setTimeout(move, LOOK_MS)
  })
  from.on('close', () => {
    ended = true
    timer ??= setTimeout(move, 0)
  })
}
