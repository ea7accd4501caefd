import { OpenAPIHandler } from '@orpc/openapi/fastify'
import fastify, { type FastifyInstance } from 'fastify'
import { api, openApi, type ApiParts } from './api-context.ts'
import { asyncApiDocument } from './asyncapi-document.ts'
import { callerOf } from './caller.ts'
import { docsPage, errorsPage } from './docs-page.ts'
import { matched, tagged } from './entity-tags.ts'
import { openApiDocument } from './openapi-document.ts'
import { asRouterError, NOTHING_HERE, problemOfRouter, refusedLength, send, told, UNKNOWN_CALLER } from './problems.ts'
import { ROUTES } from './routes/index.ts'
import { sendArtifact } from './routes/artifact-route.ts'
import { createExport } from './routes/export-route.ts'
import { signInRoutes } from './routes/sign-in-routes.ts'

const BODY_BYTES = 1_000_000
/** How long a client may take to say what it wants; an answer may take as long as it does. */
const PATIENCE = { requestTimeout: 30_000, keepAliveTimeout: 60_000 }
const HEADERS = { maxHeaderSize: 32_768, headersTimeout: 15_000, connectionsCheckingInterval: 5_000 }

/** The HTTP API as a server that does not listen yet. */
export function createApi(parts: ApiParts): FastifyInstance {
  const server = fastify({ bodyLimit: BODY_BYTES, forceCloseConnections: true, ...PATIENCE, http: HEADERS })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
  server.setErrorHandler(async (error, _request, reply) => send(reply, told(parts, error)))
  // The router reads bodies from the socket, past the limit of the server: what is too long is not read at all.
  server.addHook('onRequest', async ({ headers }, reply) => {
    const refused = refusedLength(headers, BODY_BYTES)
    return refused === undefined ? undefined : send(reply.header('connection', 'close'), refused)
  })
  server.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode >= 400) void reply.type('application/problem+json')
    return tagged(request, reply, payload)
  })
  addDocuments(server, parts.version)
  addArtifacts(server, parts)
  addExport(server, parts)
  addContract(server, parts)
  server.setNotFoundHandler(async (_request, reply) => send(reply, NOTHING_HERE))
  return server
}

/** What is open to everybody and says nothing of anybody. */
function addDocuments(server: FastifyInstance, version: string): void {
  const document = openApiDocument(version)
  const events = asyncApiDocument(version)
  server.get('/openapi.json', async (_request, reply) => reply.send(await document))
  server.get('/asyncapi.json', async (_request, reply) => reply.send(events))
  server.get('/docs', async (_request, reply) => reply.type('text/html').send(docsPage(await document)))
  server.get('/docs/errors', async (_request, reply) => reply.type('text/html').send(errorsPage()))
  server.get('/v1/healthz', async (_request, reply) => reply.send({ status: 'ok', version }))
}

function addArtifacts(server: FastifyInstance, parts: ApiParts): void {
  server.get<{ Params: { sha256: string } }>('/v1/artifacts/:sha256', async (request, reply) => {
    const caller = await callerOf(parts, request)
    if (caller === undefined) return send(reply, UNKNOWN_CALLER)
    const sent = await sendArtifact({ parts, caller }, request.params.sha256, reply)
    return sent ? reply : send(reply, NOTHING_HERE)
  })
}

function addExport(server: FastifyInstance, parts: ApiParts): void {
  const sendExport = createExport()
  server.get<{ Querystring: { since?: unknown } }>('/v1/audit/export', async (request, reply) => {
    const caller = await callerOf(parts, request)
    if (caller === undefined) return send(reply, UNKNOWN_CALLER)
    return sendExport({ parts, caller }, request.query.since, reply)
  })
}

function addContract(server: FastifyInstance, parts: ApiParts): void {
  const options = {
    customErrorResponseBodyEncoder: problemOfRouter,
    clientInterceptors: [
      async (call: { next(): Promise<unknown> }) => {
        try {
          return await call.next()
        } catch (error) {
          throw asRouterError(told(parts, error))
        }
      },
    ],
  }
  const open = new OpenAPIHandler(openApi.router({ sign_in: signInRoutes }), options)
  const handler = new OpenAPIHandler(api.router(ROUTES), options)
  server.all('/v1/sign-in', async (request, reply) => {
    const answered = await open.handle(request, reply, { context: { parts } })
    return answered.matched ? reply : send(reply, NOTHING_HERE)
  })
  server.all('/v1/*', async (request, reply) => {
    const caller = await callerOf(parts, request)
    if (caller === undefined) return send(reply, UNKNOWN_CALLER)
    const context = { parts, caller, ...(await matched(server, request)) }
    const answered = await handler.handle(request, reply, { context })
    return answered.matched ? reply : send(reply, NOTHING_HERE)
  })
}
