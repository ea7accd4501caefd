import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { refuse, ok, type Result } from '#domain/result'
import { addressRefusal } from './address-rules.ts'
import type { UpstreamProxy } from './upstream.ts'

/** Where a tunnel goes. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** True for a registry the host's own configuration names: it may lie in a private network. */
  readonly may_be_private: boolean
}

const CONNECT_TIMEOUT_MS = 15_000
const MAX_REPLY_BYTES = 16_384

const connected = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<Result<Socket, string>> =>
  new Promise((resolve) => {
    const finish = (result: Result<Socket, string>): void => {
      socket.setTimeout(0)
      socket.removeListener('timeout', onTimeout)
      if (!result.ok) socket.destroy()
      resolve(result)
    }
    const onTimeout = (): void => finish(refuse('no answer in time'))
    socket.setTimeout(CONNECT_TIMEOUT_MS, onTimeout)
    socket.once(event, () => finish(ok(socket)))
    socket.once('error', (error) => finish(refuse(error.message)))
  })

/** Resolves once, checks, and dials exactly the address that was checked. */
const dialDirectly = async (to: Destination): Promise<Result<Socket, string>> => {
  let addresses: readonly string[]
  try {
    addresses = isIP(to.host) === 0 ? (await lookup(to.host, { all: true })).map(({ address }) => address) : [to.host]
  } catch {
    return refuse('the name does not resolve')
  }
  let last: Result<Socket, string> = refuse('the name has no address')
  for (const address of addresses.slice(0, 4)) {
    const refused = addressRefusal(address, to.may_be_private)
    last =
      refused === undefined
        ? await connected(connect(to.port, address), 'connect')
        : refuse(`its address is ${refused}`)
    if (last.ok) return last
  }
  return last
}

/** Reads the proxy's answer to CONNECT and gives back what came after it. */
const askProxy = (socket: Socket, request: string): Promise<Result<Socket, string>> =>
  new Promise((resolve) => {
    let reply = Buffer.alloc(0)
    const finish = (result: Result<Socket, string>): void => {
      socket.removeAllListeners('data').removeAllListeners('timeout')
      socket.setTimeout(0)
      if (!result.ok) socket.destroy()
      resolve(result)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => finish(refuse('the proxy of this host does not answer')))
    socket.once('error', (error) => finish(refuse(error.message)))
    socket.once('close', () => finish(refuse('the proxy of this host closed the connection')))
    socket.on('data', (chunk: Buffer) => {
      reply = Buffer.concat([reply, chunk])
      const end = reply.indexOf('\r\n\r\n')
      if (end < 0 && reply.length < MAX_REPLY_BYTES) return
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(reply.toString('latin1'))?.[1]
      if (end < 0 || status === undefined || !status.startsWith('2')) {
        finish(refuse(`the proxy of this host answered ${status ?? 'nonsense'}`))
        return
      }
      socket.pause()
      const rest = reply.subarray(end + 4)
      finish(ok(socket))
      if (rest.length > 0) socket.unshift(rest)
    })
    socket.write(request)
  })

const dialThrough = async (to: Destination, proxy: UpstreamProxy): Promise<Result<Socket, string>> => {
  const opened = proxy.tls
    ? await connected(
        connectTls({ host: proxy.host, port: proxy.port, servername: isIP(proxy.host) === 0 ? proxy.host : '' }),
        'secureConnect',
      )
    : await connected(connect(proxy.port, proxy.host), 'connect')
  if (!opened.ok) return refuse(`the proxy of this host: ${opened.refusal}`)
  const authority = `${to.host}:${to.port}`
  const authorization = proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`
  return askProxy(opened.value, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`)
}

/** Opens a connection to a destination that was already allowed by name. */
export const dial = (to: Destination, proxy: UpstreamProxy | undefined): Promise<Result<Socket, string>> =>
  proxy === undefined ? dialDirectly(to) : dialThrough(to, proxy)
