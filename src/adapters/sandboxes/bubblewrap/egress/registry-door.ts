import { chmodSync } from 'node:fs'
import { createServer, isIP, type Socket } from 'node:net'
import type { HostEnvironment } from '../host-programs.ts'
import type { RegistryConfiguration } from '../view/registries.ts'
import { namedServer } from './client-hello.ts'
import { type Destination, dial } from './dial.ts'
import { upstreamFor } from './upstream.ts'

/** The one way out of a setup command: a unix socket that takes CONNECT to the listed registries and nothing else. */
export interface RegistryDoor {
  /** Hosts that were asked for and refused, each once, in order. */
  refusedHosts(): readonly string[]
  close(): Promise<void>
}

/** Caps of one command. */
const LIMITS = {
  connections: 64,
  head_bytes: 8192,
  head_ms: 10_000,
  idle_ms: 120_000,
  total_bytes: 4 * 1024 ** 3,
  refused_hosts: 100,
} as const

interface Door {
  readonly allowed: ReadonlyMap<string, Destination>
  readonly environment: HostEnvironment
  readonly refused: Set<string>
  readonly open: Set<Socket>
  bytes: number
  connections: number
}

/** The listed hosts on port 443; one that is a registry of the user's own also on its port and a private address. */
const allowedDestinations = (
  hosts: readonly string[],
  own: RegistryConfiguration['own'],
): ReadonlyMap<string, Destination> => {
  const listed = hosts.map((host) => host.toLowerCase().replace(/\.$/, ''))
  const allowed = new Map<string, Destination>(
    listed.map((host) => [`${host}:443`, { host, port: 443, may_be_private: false }]),
  )
  for (const authority of own) {
    const colon = authority.lastIndexOf(':')
    const [host, port] = [authority.slice(0, colon).toLowerCase(), Number(authority.slice(colon + 1))]
    if (listed.includes(host)) allowed.set(authority.toLowerCase(), { host, port, may_be_private: true })
  }
  return allowed
}

const answer = (socket: Socket, status: string, why: string): void => {
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(why) + 1}\r\nConnection: close\r\n\r\n${why}\n`,
  )
}

/** Reads up to the end of the request's head; undefined when there is none in time or it is too long. */
const readHead = (socket: Socket): Promise<{ head: string; rest: Buffer } | undefined> =>
  new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const finish = (result: { head: string; rest: Buffer } | undefined): void => {
      clearTimeout(timer)
      socket.removeListener('data', onData).removeListener('close', onClose)
      socket.pause()
      resolve(result)
    }
    const timer = setTimeout(() => finish(undefined), LIMITS.head_ms)
    const onClose = (): void => finish(undefined)
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n')
      if (end >= 0) finish({ head: bytes.subarray(0, end).toString('latin1'), rest: bytes.subarray(end + 4) })
      else if (bytes.length > LIMITS.head_bytes) finish(undefined)
    }
    socket.on('data', onData)
    socket.once('close', onClose)
  })

/** Passes bytes both ways, counting them, and ends both sides together. */
const join = (door: Door, inside: Socket, outside: Socket): void => {
  const end = (): void => {
    inside.destroy()
    outside.destroy()
  }
  const count = (chunk: Buffer): void => {
    door.bytes += chunk.length
    if (door.bytes > LIMITS.total_bytes) end()
  }
  for (const [from, to] of [
    [inside, outside],
    [outside, inside],
  ] as const) {
    from.on('data', count)
    from.once('error', end)
    from.once('close', end)
    from.setTimeout(LIMITS.idle_ms, end)
    from.pipe(to)
  }
}

const refuseHost = (door: Door, socket: Socket, host: string, why: string): void => {
  if (door.refused.size < LIMITS.refused_hosts) door.refused.add(host.slice(0, 255))
  answer(socket, '403 Forbidden', `${host.slice(0, 255)} is refused: ${why}.`)
}

const tunnel = async (door: Door, socket: Socket): Promise<void> => {
  const request = await readHead(socket)
  if (request === undefined) {
    answer(socket, '400 Bad Request', 'No complete request came.')
    return
  }
  const target = /^CONNECT (\S+) HTTP\/1\.[01](?:\r\n|$)/.exec(request.head)?.[1]?.toLowerCase()
  if (target === undefined) {
    const plain = /^[A-Z]+ https?:\/\/([^/\s:]+)/.exec(request.head)?.[1]
    if (plain === undefined) answer(socket, '405 Method Not Allowed', 'Only CONNECT is taken.')
    else refuseHost(door, socket, plain, 'only https is let out')
    return
  }
  const colon = target.lastIndexOf(':')
  const host = target.slice(0, colon).replace(/\.$/, '')
  const destination = door.allowed.get(`${host}:${target.slice(colon + 1)}`)
  if (destination === undefined) {
    refuseHost(door, socket, host, 'the verification profile does not list it as a registry')
    return
  }
  await openTunnel(door, socket, destination, request.rest)
}

const openTunnel = async (door: Door, socket: Socket, to: Destination, early: Buffer): Promise<void> => {
  const outside = await dial(to, upstreamFor(door.environment, to.host))
  if (!outside.ok) {
    if (/address is/.test(outside.refusal)) refuseHost(door, socket, to.host, outside.refusal)
    else answer(socket, '502 Bad Gateway', `${to.host}: ${outside.refusal}.`)
    return
  }
  if (socket.destroyed) {
    outside.value.destroy()
    return
  }
  door.open.add(outside.value)
  outside.value.once('close', () => door.open.delete(outside.value))
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  if (early.length > 0) socket.unshift(early)
  const asked = await namedServer(socket)
  if (asked.name !== to.host && isIP(to.host) === 0) {
    // Another name inside TLS would reach another customer of the same content network.
    if (door.refused.size < LIMITS.refused_hosts)
      door.refused.add((asked.name ?? `${to.host} without a server name`).slice(0, 255))
    outside.value.destroy()
    socket.destroy()
    return
  }
  if (asked.bytes.length > 0) {
    door.bytes += asked.bytes.length
    outside.value.write(asked.bytes)
  }
  join(door, socket, outside.value)
}

/** Opens the door at a path inside the sandbox's own file system, for one command. */
export const openRegistryDoor = async (
  path: string,
  hosts: readonly string[],
  own: RegistryConfiguration['own'],
  environment: HostEnvironment,
): Promise<RegistryDoor> => {
  const door: Door = {
    allowed: allowedDestinations(hosts, own),
    environment,
    refused: new Set(),
    open: new Set(),
    bytes: 0,
    connections: 0,
  }
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (door.connections >= LIMITS.connections) {
      answer(socket, '503 Service Unavailable', `More than ${LIMITS.connections} connections at once.`)
      return
    }
    door.connections += 1
    door.open.add(socket)
    socket.once('close', () => {
      door.connections -= 1
      door.open.delete(socket)
    })
    tunnel(door, socket).catch(() => socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o666)
  server.unref()
  return {
    refusedHosts: () => [...door.refused],
    close: () =>
      new Promise((resolve) => {
        for (const socket of door.open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
