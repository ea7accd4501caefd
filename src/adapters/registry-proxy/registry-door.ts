import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { GanderError } from '#domain/failure'
import { parseAuthority } from './authority.ts'
import { type ConnectionWatch, watchConnections } from './connection-watch.ts'
import { destinationKey } from './destinations.ts'
import type { Destination } from './dial.ts'
import type { DoorSettings } from './door-settings.ts'
import { openRequestService, refusalSentence, refuser } from './serve-request.ts'

/** Longest path of a unix socket on Linux, with its closing zero. */
const SOCKET_PATH_BYTES = 107

/** What the two servers of a door share: the one for CONNECT and the one inside TLS. */
interface Door {
  readonly settings: DoorSettings
  readonly service: ReturnType<typeof openRequestService>
  readonly watch: ConnectionWatch
  /** Where a connection inside TLS leads. */
  readonly places: WeakMap<object, Destination>
}

/** An answer on the bare socket, where no request was parsed for one. */
const answerBare = (socket: Duplex, status: string, text: string): void => {
  const length = Buffer.byteLength(text) + 1
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${text}\n`,
  )
}

const count = (
  door: Door,
  rule: 'egress.host' | 'egress.method' | 'egress.time' | 'egress.budget',
  host: string,
  detail: string,
) => door.settings.ledger.refuse({ rule, host, detail, why: detail })

/** Takes the requests of connections whose TLS ended here. */
const innerServer = (door: Door): Server => {
  const { service, watch, places, settings } = door
  const server = createServer({ maxHeaderSize: settings.limits.head_bytes }, (asked, answer) => {
    watch.busy(asked.socket, answer)
    const to = places.get(asked.socket)
    if (to === undefined) answer.destroy()
    else service.serve(asked, answer, to, asked.url ?? '')
  })
  server.on('connect', (_asked, socket: Duplex) => {
    count(door, 'egress.method', places.get(socket)?.host ?? '-', 'CONNECT')
    socket.destroy()
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

/** Ends a client's TLS with a certificate for the host it asked for; naming another one inside ends the connection. */
const secure = async (door: Door, inner: Server, socket: Socket, to: Destination): Promise<void> => {
  const context = await door.settings.authority.contextFor(to.host)
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => {
      if (name.toLowerCase() === to.host) done(null, context)
      else {
        count(door, 'egress.host', name, `TLS for another host than ${to.host}`)
        done(new Error('another host'))
      }
    },
  })
  door.places.set(tls, to)
  tls.on('error', () => tls.destroy())
  tls.once('close', () => socket.destroy())
  door.watch.begin(tls, socket)
  tls.once('secure', () => inner.emit('connection', tls))
}

const onConnect = (door: Door, inner: Server) => (asked: IncomingMessage, socket: Duplex, early: Buffer) => {
  socket.on('error', () => socket.destroy())
  const wished = asked.url ?? ''
  const named = parseAuthority(wished)
  const to =
    named === undefined ? undefined : door.settings.allowed.get(destinationKey('https', named.host, named.port))
  if (to === undefined) {
    const host = named?.host ?? wished.replace(/^.*@/, '').replace(/:\d*$/, '')
    count(door, 'egress.host', host, `CONNECT to port ${named?.port ?? '-'}`)
    const text = refusalSentence('egress.host', host.slice(0, 255), 'this run may not reach that host and port')
    answerBare(socket, '403 Forbidden', text)
    return
  }
  if (early.length > 0) socket.unshift(early)
  secure(door, inner, asked.socket, to).catch(() => socket.destroy())
}

/** Takes CONNECT for https, and plain requests for the machine's own plain registries. */
const outerServer = (door: Door): Server => {
  const { service, watch, settings } = door
  const inner = innerServer(door)
  const server = createServer({ maxHeaderSize: settings.limits.head_bytes }, (asked, answer) => {
    watch.busy(asked.socket, answer)
    const wished = asked.url ?? ''
    const [, authority = '', target = ''] = /^http:\/\/([^/?#]+)(\/.*)$/.exec(wished) ?? []
    const named = parseAuthority(authority, 80)
    const to = named === undefined ? undefined : settings.allowed.get(destinationKey('http', named.host, named.port))
    if (to === undefined) {
      const host = named?.host ?? /^[a-z]+:\/\/(?:[^/@]*@)?([^/?#]+)/.exec(wished)?.[1] ?? '-'
      const no = refuser(settings.ledger, answer, host, `${asked.method ?? ''} without TLS`)
      no('egress.host', 'only https is let out')
    } else service.serve(asked, answer, to, target)
  })
  server.on('connect', onConnect(door, inner))
  server.on('clientError', (_error, socket) => socket.destroy())
  server.on('connection', (socket: Socket) => {
    if (watch.admit(socket)) return
    count(door, 'egress.budget', '-', 'connections at once')
    answerBare(socket, '503 Service Unavailable', `More than ${settings.limits.connections} connections at once.`)
    socket.destroySoon()
  })
  return server
}

const openDoor = (settings: DoorSettings): { readonly outer: Server; readonly end: () => void } => {
  const places: Door['places'] = new WeakMap()
  const service = openRequestService(settings)
  const watch = watchConnections(settings.limits, (socket) => {
    const host = places.get(socket)?.host ?? '-'
    settings.ledger.refuse({ rule: 'egress.time', host, detail: 'no whole request in time', why: 'slow' })
  })
  const outer = outerServer({ settings, service, watch, places })
  const end = (): void => {
    watch.closeAll()
    service.close()
  }
  return { outer, end }
}

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })

/** Opens one run's door at a unix socket. @throws GanderError `sandbox_unavailable` where there can be no socket */
export const listenAtDoor = async (
  path: string,
  settings: DoorSettings,
): Promise<{ readonly socket: string; readonly close: () => Promise<void> }> => {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) {
    throw new GanderError('sandbox_unavailable', `The path of the registry door is too long for a socket: ${path}`, {
      remedy: 'Give Gander a shorter home (GANDER_HOME).',
    })
  }
  const { outer, end } = openDoor(settings)
  rmSync(path, { force: true })
  await listen(outer, path)
  // Whoever gets it bound into a sandbox has a user of its own there; the folder around it is private.
  chmodSync(path, 0o666)
  outer.unref()
  return {
    socket: path,
    close: () =>
      new Promise((resolve) => {
        end()
        outer.close(() => {
          rmSync(path, { force: true })
          resolve()
        })
        outer.closeAllConnections()
      }),
  }
}
