import { chmodSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { GanderError } from '#domain/failure'

/** A socket in the sandbox's own file system that leads to a door's socket on the host. */
export interface DoorRelay {
  /** Ends every connection and takes the door away. */
  close(): Promise<void>
}

/** Both ways, with half-closed connections kept, until either side fails. */
const join = (near: Socket, far: Socket): void => {
  const end = (): void => {
    near.destroy()
    far.destroy()
  }
  for (const side of [near, far]) side.on('error', end)
  near.pipe(far)
  far.pipe(near)
}

/**
 * Listens at a path of the sandbox and opens one connection to the host's socket for each that comes. The host's socket
 * itself is never shown inside: it keeps its owner, its mode and its closed folder, which the command's uid cannot pass.
 */
export const openDoorRelay = async (path: string, socket: string): Promise<DoorRelay> => {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: socket, allowHalfOpen: true })
    for (const side of [near, far]) {
      open.add(side)
      side.once('close', () => open.delete(side))
    }
    join(near, far)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new GanderError('sandbox_unavailable', `A door could not be opened: ${cause.message}.`, { cause })),
    )
    server.listen(path, resolve)
  })
  chmodSync(path, 0o666)
  server.unref()
  return {
    close: () =>
      new Promise((resolve) => {
        for (const each of open) each.destroy()
        server.close(() => resolve())
      }),
  }
}
