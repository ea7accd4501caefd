import { chmod, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

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

const MAX_BODY_BYTES = 32 * 1024 * 1024
const MAX_CONNECTIONS = 64
const HEAD_MS = 10_000
const REQUEST_MS = 60_000
/** A guest that does not read what it asked for is left. */
const READING_MS = 30_000

/**
 * Listens for one guest at a path. Anyone who can reach the path may connect: it stands in a folder that only the
 * gateway's user can look into, and is handed into one sandbox, whose user is another. @returns how to stop
 */
export async function serveGuest(path: string, guest: GuestAnswering): Promise<() => Promise<void>> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: HEAD_MS, connectionsCheckingInterval: 2_000, maxHeaderSize: 16_384 },
    (request, response) => {
      handle(guest, request, response).catch(() => response.destroy())
    },
  )
  server.maxConnections = MAX_CONNECTIONS
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

async function handle(guest: GuestAnswering, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request)
  if (body === undefined) {
    response.writeHead(413, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify({ error: { message: `A request may have ${MAX_BODY_BYTES} bytes.` } }))
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
  for await (const piece of reply.body) if (!response.destroyed && !response.write(piece)) await drained(response)
  response.end()
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => response.destroy(), READING_MS)
    const go = (): void => {
      clearTimeout(late)
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return bearer ?? headerOf(request, 'x-api-key') ?? headerOf(request, 'x-goog-api-key')
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}
