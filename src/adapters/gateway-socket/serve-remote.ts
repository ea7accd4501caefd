import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { GanderError } from '#domain/failure'
import type { OwnCertificate } from './self-signed.ts'

/** Where workers of other hosts reach the gateway, and who of them may. */
export interface RemoteWish extends OwnCertificate {
  readonly host: string
  readonly port: number
  /** Which tenant's calls a worker's token is good for; `all` for any, undefined where it is no worker's token. */
  readonly admits: (token: string) => Promise<string | undefined>
  /** Hears why somebody could not be admitted. */
  readonly log: (event: string, facts: Readonly<Record<string, string>>) => void
}

/** What other hosts may ask: calls, and whether the gateway is there. Keys, drains and guests are of this host only. */
const OPEN: ReadonlySet<string> = new Set(['GET /health', 'POST /calls'])

/** An admitted request is handed on with the tenant whose calls it may make. */
type Handle = (request: IncomingMessage, response: ServerResponse, tenant: string) => void

/**
 * Listens for workers of other hosts, over TLS 1.3 only: whoever speaks anything else is not answered. Each request is
 * admitted by its token before its body is read. @throws GanderError `address_unavailable`
 */
export async function serveRemote(
  { host, port, key, cert, admits, log }: RemoteWish,
  handle: Handle,
): Promise<{ close(): void }> {
  const server = createServer(
    { key, cert, minVersion: 'TLSv1.3', requestTimeout: 60_000, handshakeTimeout: 10_000 },
    (request, response) =>
      void admit(request, response).catch((error: unknown) => {
        log('worker_not_admitted', { why: error instanceof Error ? error.message : String(error) })
        refuse(response, 503, 'The gateway cannot tell who asks at this moment.')
      }),
  )
  server.keepAliveTimeout = 30_000
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  await promise.catch((error: unknown) => {
    throw new GanderError('address_unavailable', `The model gateway cannot listen on port ${port} of ${host}.`, {
      cause: error,
      remedy: 'Give another address with --listen, or stop what listens there.',
    })
  })
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }

  async function admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, token = ''] = /^Bearer (\S{1,500})$/.exec(request.headers.authorization ?? '') ?? []
    const tenant = token === '' ? undefined : await admits(token)
    if (tenant === undefined) return refuse(response, 401, "The gateway was given no worker's token.")
    if (!OPEN.has(`${request.method} ${request.url}`))
      return refuse(response, 403, 'Other hosts may ask models, and nothing else.')
    handle(request, response, tenant)
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const retryable = status === 503
  const body = JSON.stringify({ code: retryable ? 'gateway_unavailable' : 'forbidden', message, retryable })
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body)
}
