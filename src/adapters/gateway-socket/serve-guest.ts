import { chmod, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { readBody } from './read-body.ts'

/** What is served to a guest. */
export interface GuestAnswering {
  answer(request: {
    readonly method: string
    readonly target: string
    readonly token: string | undefined
    readonly beta: string | undefined
    readonly body: string
  }): Promise<{
    readonly status: number
    readonly headers: { readonly [name: string]: string }
    readonly body: string | AsyncIterable<string>
  }>
}

/** What one guest may take of its gateway. */
interface GuestLimits {
  readonly max_body_bytes: number
  readonly max_header_bytes: number
  readonly max_connections: number
  /** From connecting until the last header, also where nothing is sent. */
  readonly head_ms: number
  /** From connecting until the last byte of the request. */
  readonly request_ms: number
  /** A guest that does not read what it asked for is left after this. */
  readonly reading_ms: number
  /** How often connections are looked at. */
  readonly check_ms: number
}

const LIMITS: GuestLimits = {
  max_body_bytes: 32 * 1024 * 1024,
  max_header_bytes: 16_384,
  max_connections: 64,
  head_ms: 10_000,
  request_ms: 60_000,
  reading_ms: 30_000,
  check_ms: 2_000,
}

/**
 * Listens for one guest at a path. Anyone who can reach the path may connect: it stands in a folder that only the
 * gateway's user can look into, and is handed into one sandbox, whose user is another. @returns how to stop
 */
export async function serveGuest(
  path: string,
  guest: GuestAnswering,
  limits: GuestLimits = LIMITS,
): Promise<() => Promise<void>> {
  const server = createServer(
    {
      requestTimeout: limits.request_ms,
      headersTimeout: limits.head_ms,
      connectionsCheckingInterval: limits.check_ms,
      maxHeaderSize: limits.max_header_bytes,
    },
    (request, response) => {
      handle({ guest, limits }, request, response).catch(() => response.destroy())
    },
  )
  server.maxConnections = limits.max_connections
  await listen(server, path)
  await chmod(path, 0o666)
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
    await unlink(path).catch(() => undefined)
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(path, resolve)
  await promise
}

interface Serving {
  readonly guest: GuestAnswering
  readonly limits: GuestLimits
}

async function handle({ guest, limits }: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, limits.max_body_bytes)
  if (body === undefined) {
    response.writeHead(413, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify({ error: { message: `A request may have ${limits.max_body_bytes} bytes.` } }))
    return
  }
  const reply = await guest.answer({
    method: request.method ?? '',
    target: request.url ?? '',
    token: tokenOf(request),
    beta: headerOf(request, 'anthropic-beta'),
    body,
  })
  response.writeHead(reply.status, { ...reply.headers })
  if (typeof reply.body === 'string') {
    response.end(reply.body)
    return
  }
  // A guest that went away does not end the call: it is heard to its end, so that what it used is known.
  for await (const piece of reply.body)
    if (!response.destroyed && !response.write(piece)) await drained(response, limits)
  response.end()
}

const drained = (response: ServerResponse, { reading_ms }: GuestLimits): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => response.destroy(), reading_ms)
    const go = (): void => {
      clearTimeout(late)
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })

function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return bearer ?? headerOf(request, 'x-api-key') ?? headerOf(request, 'x-goog-api-key')
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
