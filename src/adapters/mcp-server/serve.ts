import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http'
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

const MAX_BODY = 1024 * 1024

/** Where a server listens and who may speak with it. */
export interface HttpServing {
  readonly factory: McpServerFactory
  /** A unix socket, or a port of 127.0.0.1 (0: any). */
  readonly at: { readonly socket: string } | { readonly port: number }
  /** Asked for as `Authorization: Bearer …` with every request. */
  readonly token: string
}

/** Listens until it is closed; a request needs the token and a name of this machine as its host and origin. */
export async function serveOverHttp({ factory, at, token }: HttpServing): Promise<{
  /** Null on a unix socket. */
  readonly port: number | null
  close(): Promise<void>
}> {
  const handler = createMcpHandler(factory, { maxRequestBodySize: MAX_BODY })
  const answer = toNodeHandler(handler, { maxRequestBodySize: MAX_BODY })
  const isOwnHost = localhostHostValidation()
  const isOwnOrigin = localhostOriginValidation()
  const server = createServer((request, response) => {
    if (!isOwnHost(request, response) || !isOwnOrigin(request, response)) return
    if (!holdsToken(request, token)) {
      response.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain' })
      response.end('The token is missing or wrong.\n')
      return
    }
    // Its type leaves out that a header may be undefined, as node has it.
    void answer(request as Parameters<typeof answer>[0], response)
  })
  server.requestTimeout = 60_000
  await listen(server, at)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : null,
    close: async () => {
      await handler.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const listen = (server: HttpServer, at: HttpServing['at']): Promise<void> =>
  new Promise((done, fail) => {
    server.once('error', fail)
    if ('socket' in at) server.listen(at.socket, done)
    else server.listen(at.port, '127.0.0.1', done)
  })

function holdsToken({ headers }: IncomingMessage, token: string): boolean {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Speaks over this process's standard streams until the input ends. */
export function serveOverStdio(factory: McpServerFactory): { close(): Promise<void> } {
  return serveStdio(factory)
}
