import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, isIP, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { DEFAULT_EGRESS_BUDGET, type EgressBudget, type RegistryDoor, type RegistryProxy } from '#ports'

/** An address that the rules let through; the test's network brings it to a server on loopback. */
const PUBLIC = '104.16.0.1'

/** A request as the registry got it. */
interface SeenRequest {
  readonly line: string
  readonly headers: IncomingMessage['headers']
}

/** What a client got. */
export interface Got {
  readonly status: number
  readonly rule: string | undefined
  readonly text: string
  readonly location: string | undefined
}

/** A registry with real TLS on loopback, its plain twin, a proxy that believes them to be in public, and a door. */
export interface RegistryGround {
  /** Requests that reached the registry. */
  readonly seen: readonly SeenRequest[]
  /** Addresses that were dialled, in order. */
  readonly dialled: readonly string[]
  /** Where the two listen on loopback; the plain one answers for every port but 443. */
  readonly ports: { readonly https: number; readonly http: number }
  readonly proxy: RegistryProxy
  /** What the registry shows, for whoever has to show the same. */
  readonly certificate: { readonly key: string; readonly cert: string }
  readonly open: (wish?: {
    readonly hosts?: readonly string[]
    readonly budget?: Partial<EgressBudget>
  }) => Promise<RegistryDoor>
  readonly remove: () => Promise<void>
}

export interface GroundWish {
  readonly listener: RequestListener
  /** Answers of the resolver, by host, in turn; absent means a public address. */
  readonly addresses?: Readonly<Record<string, string[]>>
  readonly limits?: NonNullable<Parameters<typeof createRegistryProxy>[0]['limits']>
  readonly environment?: Readonly<Record<string, string>>
}

export const HOST = 'registry.example.org'

/** One certificate for all grounds of a process: making one takes a tenth of a second. */
let made: { readonly key: string; readonly cert: string } | undefined
const selfSigned = (folder: string): { readonly key: string; readonly cert: string } => {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  if (made !== undefined) {
    writeFileSync(cert, made.cert)
    return { key: made.key, cert }
  }
  execFileSync(
    'openssl',
    [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=registry'.split(' '),
      '-addext',
      'subjectAltName=DNS:*.example.org,DNS:localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  )
  made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  return { key: made.key, cert }
}

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

export const makeRegistryGround = async (wish: GroundWish): Promise<RegistryGround> => {
  const root = mkdtempSync(join(tmpdir(), 'gander-egress-'))
  const { key, cert } = selfSigned(root)
  const seen: SeenRequest[] = []
  const dialled: string[] = []
  const listener: RequestListener = (asked, answer) => {
    seen.push({ line: `${asked.method} ${asked.url}`, headers: asked.headers })
    wish.listener(asked, answer)
  }
  const server = createHttpsServer({ key, cert: readFileSync(cert) }, listener)
  const plain = createHttpServer(listener)
  for (const one of [server, plain]) {
    one.listen(0, '127.0.0.1')
    await once(one, 'listening')
  }
  const ports = { https: portOf(server), http: portOf(plain) }
  const turns = new Map<string, number>()
  const proxy = createRegistryProxy({
    home: join(root, 'home'),
    environment: { HOME: root, PATH: '/nowhere', SSL_CERT_FILE: cert, ...wish.environment },
    limits: wish.limits ?? {},
    network: {
      resolve: async (host) => {
        const answers = wish.addresses?.[host] ?? [PUBLIC]
        const turn = turns.get(host) ?? 0
        turns.set(host, turn + 1)
        return [answers[Math.min(turn, answers.length - 1)] ?? PUBLIC]
      },
      connect: (port, address) => {
        dialled.push(address)
        return connect(port === 443 ? ports.https : ports.http, '127.0.0.1')
      },
    },
  })
  const doors: RegistryDoor[] = []
  return {
    seen,
    dialled,
    ports,
    proxy,
    certificate: { key, cert: readFileSync(cert, 'utf8') },
    open: async ({ hosts = [HOST], budget = {} } = {}) => {
      const folder = join(root, `door-${doors.length}`)
      mkdirSync(folder)
      const door = await proxy.open({
        run_id: 'run-test',
        folder,
        hosts,
        budget: { ...DEFAULT_EGRESS_BUDGET, ...budget },
      })
      doors.push(door)
      return door
    },
    remove: async () => {
      await Promise.all(doors.map((door) => door.close()))
      for (const one of [server, plain]) {
        one.closeAllConnections()
        one.close()
      }
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Sends bytes to a door and collects what comes back until it closes or the head is there. */
export const sayTo = async (door: RegistryDoor, text: string, until: RegExp = /\r\n\r\n/): Promise<string> => {
  const socket = connect(door.door.socket)
  socket.write(text)
  return collect(socket, until)
}

const collect = (socket: Socket, until?: RegExp): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const end = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (until?.test(text) === true) end()
    })
    socket.on('error', end).on('close', end)
  })

/** Opens a tunnel and TLS inside it as a setup does; undefined where the door or TLS refuses. */
export const tunnelTo = async (
  door: RegistryDoor,
  host: string = HOST,
  server_name: string = host,
): Promise<TLSSocket | undefined> => {
  const socket = connect(door.door.socket)
  socket.on('error', () => undefined)
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  if (!head.toString().startsWith('HTTP/1.1 200')) return undefined
  const ca = readFileSync(door.files[0]?.host ?? '', 'utf8')
  const tls = connectTls({ socket, servername: isIP(server_name) === 0 ? server_name : '', ca, host })
  return new Promise((resolve) => {
    tls
      .once('secureConnect', () => resolve(tls))
      .once('error', () => resolve(undefined))
      .once('close', () => resolve(undefined))
  })
}

/** One request through a tunnel of its own, its head written by hand. */
export const get = async (
  door: RegistryDoor,
  target: string,
  more: {
    readonly method?: string
    readonly headers?: readonly string[]
    readonly body?: string
    readonly host?: string
  } = {},
): Promise<Got> => {
  const { method = 'GET', headers = [], body = '', host = HOST } = more
  const tls = await tunnelTo(door, host)
  if (tls === undefined) return { status: 0, rule: undefined, text: '', location: undefined }
  const named = headers.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${host}`]
  tls.write([`${method} ${target} HTTP/1.1`, ...named, 'Connection: close', ...headers, '', body].join('\r\n'))
  const text = await collect(tls)
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)\r$`, 'im').exec(text)?.[1]
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)
  return { status, rule: field('x-gander-rule'), text, location: field('location') }
}
