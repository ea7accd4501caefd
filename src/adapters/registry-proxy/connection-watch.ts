import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { EgressLimits } from './egress-limits.ts'

/** Counts a door's connections and ends those that bring no whole request in time. */
export interface ConnectionWatch {
  /** False when there are too many already. */
  admit(socket: Socket): boolean
  /** Starts the time for a handshake and a whole request on a secured connection; the one below it has done its part. */
  begin(socket: Socket, below: Socket): void
  /** A whole request came; the time starts again when its answer is over. */
  busy(socket: Socket, answer: ServerResponse): void
  closeAll(): void
}

/** Opens the watch; `late` is told of a connection that ran out of time in the middle of a request. */
export const watchConnections = (limits: EgressLimits, late: (socket: Socket) => void): ConnectionWatch => {
  const open = new Set<Socket>()
  const timers = new WeakMap<Socket, NodeJS.Timeout>()
  const served = new WeakMap<Socket, number>()
  const clear = (socket: Socket): void => clearTimeout(timers.get(socket))
  const begin = (socket: Socket): void => {
    clear(socket)
    const end = (): void => {
      // A kept connection that is merely idle ends without a word.
      if ((served.get(socket) ?? 0) === 0) late(socket)
      socket.destroy()
    }
    if (!timers.has(socket)) socket.once('close', () => clear(socket))
    timers.set(socket, setTimeout(end, limits.head_ms).unref())
  }
  return {
    begin: (socket, below) => {
      clear(below)
      begin(socket)
    },
    admit: (socket) => {
      if (open.size >= limits.connections) return false
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      begin(socket)
      return true
    },
    busy: (socket, answer) => {
      served.set(socket, (served.get(socket) ?? 0) + 1)
      clear(socket)
      answer.once('close', () => begin(socket))
    },
    closeAll: () => {
      for (const socket of open) socket.destroy()
    },
  }
}
