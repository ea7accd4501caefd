import { rename, stat, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { isGanderError } from '#domain/failure'
import type { GuestBudget, ModelAnswer, ModelCall } from '#ports'
import { makeGuestDoors, type GuestDoors, type GuestHost } from './guest-doors.ts'
import { readBody } from './read-body.ts'
import { serveRemote, type RemoteWish } from './serve-remote.ts'
import { doorFolder } from './socket-path.ts'
import {
  DRAINING,
  parseAdmission,
  parseCall,
  parseClosing,
  parseGuestStart,
  parseKeys,
  PROTOCOL,
  type GatewayHealth,
  type WireRefusal,
} from './wire.ts'

/** A request is a conversation of text; more is a mistake. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
const WATCH_MS = 500
const FLUSH_MS = 250

/** What is served: the exchange of calls. */
interface GatewayHost {
  answer(call: ModelCall): Promise<ModelAnswer>
  takeKeys(keys: { readonly [provider: string]: string }): void
  holds(call_key: string): boolean
  readonly open: number
  drained(): Promise<void>
}

interface ServeOptions {
  /** Path of the unix socket; what is there is replaced, so the caller holds the database's gateway lock. */
  readonly path: string
  readonly version: string
  /** Milliseconds without any client after which the gateway ends. */
  readonly idle_ms: number
  readonly host: GatewayHost
  /** Absent where guests are not served. */
  readonly guests?: GuestHost & Pick<GuestBudget, 'exchanges'>
  /** Absent: only this host's processes are served. */
  readonly remote?: Omit<RemoteWish, 'log'>
  readonly log: (event: string, facts?: Readonly<Record<string, string | number>>) => void
}

/** Why a gateway ended: nobody used it, it was asked to, or its socket (or its whole home) is gone. */
type GatewayEnd = 'idle' | 'drained' | 'removed'

export interface ServedGateway {
  /** Resolves when the gateway has stopped listening and every call in flight is recorded. */
  readonly ended: Promise<GatewayEnd>
  /** Takes no new calls, finishes those in flight, and ends. */
  drain(): void
}

/** Listens on the socket until idle, asked to drain, or removed. Only this user can connect. */
export async function serveGateway(options: ServeOptions): Promise<ServedGateway> {
  const { host, log, path } = options
  const ending = Promise.withResolvers<GatewayEnd>()
  const doors = options.guests && (await makeGuestDoors(await doorFolder(path), options.guests))
  const life: Life = { clients: new Set(), draining: false, drain: () => ending.resolve('drained'), doors }
  let last_used = Date.now()
  const server = createServer({ requestTimeout: 60_000 }, (request, response) => {
    last_used = Date.now()
    route(options, life, request, response).catch((error: unknown) => refuse(response, refusalOf(error)))
  })
  const remote =
    options.remote &&
    (await serveRemote({ ...options.remote, log }, (request, response, tenant) => {
      last_used = Date.now()
      answerRemote(options, life, { request, response, tenant }).catch((error: unknown) =>
        refuse(response, refusalOf(error)),
      )
    }))
  const inode = await listenAt(server, path)
  const watch = setInterval(() => void lookAround(), Math.min(WATCH_MS, options.idle_ms / 2))
  const ended = ending.promise.then(async (end) => {
    life.draining = true
    clearInterval(watch)
    log('gateway_draining', { why: end, open: host.open })
    await Promise.all([host.drained(), doors?.closeAll()])
    remote?.close()
    if ((await inodeOf(path)) === inode) await unlink(path)
    await closeServer(server, life.clients)
    return end
  })
  return { ended, drain: life.drain }

  async function lookAround(): Promise<void> {
    if (life.clients.size > 0 || host.open > 0 || (doors?.count ?? 0) > 0) last_used = Date.now()
    if ((await inodeOf(path)) !== inode) ending.resolve('removed')
    else if (Date.now() - last_used >= options.idle_ms) ending.resolve('idle')
  }
}

interface Life {
  /** Who is present. */
  readonly clients: Set<ServerResponse>
  draining: boolean
  readonly drain: () => void
  readonly doors: GuestDoors | undefined
}

async function route(
  options: ServeOptions,
  life: Life,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /health':
      return reply(response, healthOf(options, life))
    case 'GET /presence':
      life.clients.add(response)
      response.on('close', () => life.clients.delete(response))
      response.writeHead(200).flushHeaders()
      return
    case 'PUT /keys':
      options.host.takeKeys(parseKeys(await bodyOf(request)))
      return reply(response, {})
    case 'POST /drain':
      life.draining = true
      life.drain()
      return reply(response, healthOf(options, life))
    case 'POST /calls':
      return answer(options, life, parseCall(await bodyOf(request)), response)
    case 'POST /guests':
    case 'POST /guests/close':
    case 'POST /guests/exchanges':
      return guest(options, life, request, response)
    default:
      refuse(response, { code: 'usage', message: `There is nothing at ${request.url}.`, retryable: false })
  }
}

interface Remote {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Whose calls this worker may make; `all` for any tenant's. */
  readonly tenant: string
}

async function answerRemote(options: ServeOptions, life: Life, { request, response, tenant }: Remote): Promise<void> {
  if (request.method === 'GET') return reply(response, healthOf(options, life))
  const call = parseCall(await bodyOf(request))
  if (tenant === 'all' || tenant === call.tenant_id) return answer(options, life, call, response)
  return refuse(response, { code: 'forbidden', message: 'This worker is of another tenant.', retryable: false })
}

async function answer(options: ServeOptions, life: Life, call: ModelCall, response: ServerResponse): Promise<void> {
  const { host, log } = options
  if (life.draining && !host.holds(call.call_key))
    return refuse(response, { code: DRAINING, message: 'This gateway takes no new calls.', retryable: true })
  const answer = await host.answer(call)
  const model = `${call.model.provider}:${call.model.model}`
  const status = answer.status === 'failed' ? answer.kind : answer.status
  log('call_answered', { call_key: call.call_key, model, status })
  reply(response, answer)
}

async function guest(
  { guests, log }: ServeOptions,
  { doors, draining }: Life,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await bodyOf(request)
  if (guests === undefined || doors === undefined) throw new RangeError('Guests are not served here.')
  if (request.url === '/guests/exchanges') return reply(response, await guests.exchanges(parseGuestStart(text)))
  if (request.url === '/guests/close') {
    await doors.close(parseClosing(text).id)
    return reply(response, {})
  }
  if (draining)
    return refuse(response, { code: DRAINING, message: 'This gateway takes no new guests.', retryable: true })
  const admission = parseAdmission(text)
  const opened = await doors.open(admission)
  log('guest_admitted', { run_id: admission.run_id, key_prefix: admission.key_prefix, model: admission.model.model })
  reply(response, opened)
}

const healthOf = ({ host, version }: ServeOptions, { draining }: Life): GatewayHealth => ({
  protocol: PROTOCOL,
  version,
  pid: process.pid,
  open: host.open,
  draining,
})

/** Binds aside, for this user only, and renames: the path always names a socket that listens, and closing never removes a successor's. */
async function listenAt(server: Server, path: string): Promise<number> {
  const aside = `${path}.${process.pid}`
  await unlink(aside).catch(() => undefined)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  const umask = process.umask(0o177)
  try {
    server.listen(aside, resolve)
    await promise
  } finally {
    process.umask(umask)
  }
  server.keepAliveTimeout = 30_000
  await rename(aside, path)
  return (await stat(path)).ino
}

/** Lets answers that are on their way go out, then closes what is left. */
async function closeServer(server: Server, clients: ReadonlySet<ServerResponse>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const client of clients) client.end()
  setTimeout(() => server.closeAllConnections(), FLUSH_MS)
  await closed
}

const inodeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.ino

async function bodyOf(request: IncomingMessage): Promise<string> {
  const body = await readBody(request, MAX_BODY_BYTES)
  if (body === undefined) throw new RangeError(`A request may have ${MAX_BODY_BYTES} bytes.`)
  return body
}

function reply(response: ServerResponse, content: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(content))
}

function refuse(response: ServerResponse, refusal: WireRefusal): void {
  if (response.headersSent) response.destroy()
  else response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify(refusal))
}

function refusalOf(error: unknown): WireRefusal {
  if (isGanderError(error)) return { code: error.code, message: error.message, retryable: error.retryable }
  if (error instanceof z.ZodError || error instanceof SyntaxError || error instanceof RangeError)
    return {
      code: 'internal',
      message: `The gateway was asked for something it does not understand: ${error.message}`,
      retryable: false,
    }
  return { code: 'gateway_unavailable', message: `The gateway failed: ${String(error)}`, retryable: true }
}
