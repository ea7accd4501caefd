import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect, createServer as createBareServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { RegistryGround } from './registry-fixtures.ts'

/** What the proxy of a company was asked. */
interface Asked {
  readonly line: string
  readonly authorization: string | undefined
}

/** A proxy as companies have it: CONNECT for https, whole addresses for http, a password for both. */
export interface UpstreamProxy {
  readonly asked: readonly Asked[]
  /** Address for the environment of whoever uses it. */
  readonly address: string
  /** The same behind TLS. */
  readonly secure_address: string
  /** Where everything ends up: the registry's two ports on loopback, and what the proxy shows of itself in TLS. */
  leadTo(registry: Pick<RegistryGround, 'ports' | 'certificate'>): void
  close(): void
}

const USER = 'me:pr0xy-passw0rd'
/** The Proxy-Authorization value that it wants. */
export const PROXY_KEY = `Basic ${Buffer.from(USER).toString('base64')}`

/** Starts one on loopback. */
export const startUpstreamProxy = async (): Promise<UpstreamProxy> => {
  const asked: Asked[] = []
  const open = new Set<Socket>()
  let ports = { https: 0, http: 0 }
  let certificate = { key: '', cert: '' }
  const server = createServer((incoming, answer) => {
    const authorization = incoming.headers['proxy-authorization']
    asked.push({ line: `${incoming.method} ${incoming.url}`, authorization })
    if (authorization !== PROXY_KEY) {
      answer.writeHead(407).end()
      return
    }
    const { pathname, host } = new URL(incoming.url ?? '')
    const headers = { ...incoming.headers, host }
    request({ port: ports.http, host: '127.0.0.1', path: pathname, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers)
      got.pipe(answer)
    }).end()
  })
  server.on('connect', (incoming, socket) => {
    const authorization = incoming.headers['proxy-authorization']
    asked.push({ line: `CONNECT ${incoming.url}`, authorization })
    if (authorization !== PROXY_KEY || !(incoming.url ?? '').endsWith(':443')) {
      socket.end(
        `HTTP/1.1 ${authorization === PROXY_KEY ? '403 Forbidden' : '407 Proxy Authentication Required'}\r\n\r\n`,
      )
      return
    }
    const out = connect(ports.https, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      out.pipe(socket).pipe(out)
    })
    for (const one of [out, socket]) one.on('error', () => [out, socket].forEach((each) => each.destroy()))
    open.add(out)
  })
  const secure = createBareServer((socket) => {
    const tls = new TLSSocket(socket, { isServer: true, ...certificate })
    for (const one of [socket, tls]) one.on('error', () => socket.destroy())
    open.add(socket)
    tls.once('secure', () => server.emit('connection', tls))
  })
  for (const one of [server, secure]) {
    one.listen(0, '127.0.0.1')
    await once(one, 'listening')
  }
  const port = (of: typeof server | typeof secure): number => (of.address() as AddressInfo).port
  return {
    asked,
    address: `http://${USER}@127.0.0.1:${port(server)}`,
    secure_address: `https://${USER}@localhost:${port(secure)}`,
    leadTo: (to) => {
      ;({ ports, certificate } = to)
    },
    close: () => {
      for (const socket of open) socket.destroy()
      server.closeAllConnections()
      server.close()
      secure.close()
    },
  }
}
