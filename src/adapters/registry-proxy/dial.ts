import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ok, type Result, refuse } from '#domain/result'
import { addressRefusal } from './address-rules.ts'
import type { UpstreamProxy } from './upstream.ts'

/** Where a request goes. */
export interface Destination {
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly port: number
  /** True for a registry the machine's own configuration names: it may lie in a private network. */
  readonly own: boolean
  /** Paths that the machine's configuration puts in front of a registry's own, such as `/repository/npm`. */
  readonly bases: readonly string[]
  /** Value of an Authorization header from the machine's configuration, sent to paths below its base only. */
  readonly credentials: readonly { readonly base: string; readonly authorization: string }[]
}

/** Names and connections; tests put others in, and the address rules stand between the two. */
export interface Network {
  resolve(host: string): Promise<readonly string[]>
  connect(port: number, address: string): Socket
}

/** The machine's resolver and its sockets. */
export const MACHINE_NETWORK: Network = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  connect: (port, address) => connect(port, address),
}

/** Why nothing was connected; `forbidden` when an address was known and may not be dialled. */
export interface DialRefusal {
  readonly forbidden: boolean
  readonly why: string
}

const CONNECT_TIMEOUT_MS = 15_000
const MAX_REPLY_BYTES = 16_384

const failed = (why: string): Result<never, DialRefusal> => refuse({ forbidden: false, why })

const connected = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<Result<Socket, DialRefusal>> =>
  new Promise((resolve) => {
    const finish = (result: Result<Socket, DialRefusal>): void => {
      socket.setTimeout(0)
      socket.removeListener('timeout', onTimeout)
      if (!result.ok) socket.destroy()
      resolve(result)
    }
    const onTimeout = (): void => finish(failed('no answer in time'))
    socket.setTimeout(CONNECT_TIMEOUT_MS, onTimeout)
    socket.once(event, () => finish(ok(socket)))
    socket.once('error', (error) => finish(failed(error.message)))
  })

/** Resolves once, checks, and dials exactly the address that was checked. */
const dialDirectly = async (to: Destination, network: Network): Promise<Result<Socket, DialRefusal>> => {
  let addresses: readonly string[]
  try {
    addresses = isIP(to.host) === 0 ? await network.resolve(to.host) : [to.host]
  } catch {
    return failed('the name does not resolve')
  }
  let last: Result<Socket, DialRefusal> = failed('the name has no address')
  for (const address of addresses.slice(0, 4)) {
    const refused = addressRefusal(address, to.own)
    last =
      refused === undefined
        ? await connected(network.connect(to.port, address), 'connect')
        : refuse({ forbidden: true, why: `its address is ${refused}` })
    if (last.ok) return last
  }
  return last
}

/** Reads the proxy's answer to CONNECT and gives back what came after it. */
const askProxy = (socket: Socket, request: string): Promise<Result<Socket, DialRefusal>> =>
  new Promise((resolve) => {
    let reply = Buffer.alloc(0)
    const finish = (result: Result<Socket, DialRefusal>): void => {
      socket.removeAllListeners('data').removeAllListeners('timeout')
      socket.setTimeout(0)
      if (!result.ok) socket.destroy()
      resolve(result)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => finish(failed('the proxy of this host does not answer')))
    socket.once('error', (error) => finish(failed(error.message)))
    socket.once('close', () => finish(failed('the proxy of this host closed the connection')))
    socket.on('data', (chunk: Buffer) => {
      reply = Buffer.concat([reply, chunk])
      const end = reply.indexOf('\r\n\r\n')
      if (end < 0 && reply.length < MAX_REPLY_BYTES) return
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(reply.toString('latin1'))?.[1]
      if (end < 0 || status === undefined || !status.startsWith('2')) {
        finish(failed(`the proxy of this host answered ${status ?? 'nonsense'}`))
        return
      }
      socket.pause()
      const rest = reply.subarray(end + 4)
      finish(ok(socket))
      if (rest.length > 0) socket.unshift(rest)
    })
    socket.write(request)
  })

const dialThrough = async (
  to: Destination,
  proxy: UpstreamProxy,
  trusted: string,
): Promise<Result<Socket, DialRefusal>> => {
  const { host, port } = proxy
  const named = { host, port, servername: isIP(host) === 0 ? host : '' }
  const opened = proxy.tls
    ? await connected(connectTls({ ...named, ...(trusted === '' ? {} : { ca: trusted }) }), 'secureConnect')
    : await connected(connect(proxy.port, proxy.host), 'connect')
  if (!opened.ok) return failed(`the proxy of this host: ${opened.refusal.why}`)
  // A proxy takes plain requests by their whole address; few connect to another port than that of https.
  if (to.scheme === 'http') return opened
  const authority = `${to.host}:${to.port}`
  const authorization = proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`
  return askProxy(opened.value, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`)
}

/**
 * Opens a connection to a destination that was already allowed by name. A proxy of the machine resolves names itself,
 * so there only a destination given as an address, or as this host, can be judged here. `trusted` are PEM certificates
 * that a proxy with TLS is checked against; empty means those Node has.
 */
export const dial = async (
  to: Destination,
  proxy: UpstreamProxy | undefined,
  network: Network,
  trusted: string,
): Promise<Result<Socket, DialRefusal>> => {
  if (proxy === undefined) return dialDirectly(to, network)
  const local = to.host === 'localhost' || to.host.endsWith('.localhost')
  const refused = local ? 'this host itself' : isIP(to.host) === 0 ? undefined : addressRefusal(to.host, to.own)
  return refused === undefined
    ? dialThrough(to, proxy, trusted)
    : refuse({ forbidden: true, why: `its address is ${refused}` })
}
