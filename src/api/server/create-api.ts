import type { Principal } from '#domain/identity'
import type { Problem } from '#api/contract'
import { OpenAPIHandler } from '@orpc/openapi/fastify'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { api, type ApiParts } from './api-context.ts'
import { sendArtifact } from './artifact-route.ts'
import { docsPage, errorsPage } from './docs-page.ts'
import { openApiDocument } from './openapi-document.ts'
import { asRouterError, described, problemOf } from './problems.ts'
import { runRoutes } from './run-routes.ts'
import { taskRoutes } from './task-routes.ts'

const BODY_BYTES = 1_000_000

/** The HTTP API as a server that does not listen yet. */
export function createApi(parts: ApiParts): FastifyInstance {
  const server = fastify({ bodyLimit: BODY_BYTES, forceCloseConnections: true })
  const handler = new OpenAPIHandler(api.router({ tasks: taskRoutes, runs: runRoutes }), {
    customErrorResponseBodyEncoder: (error) => error.data,
    clientInterceptors: [
      async (call) => {
        try {
          return await call.next()
        } catch (error) {
          throw asRouterError(told(parts, error))
        }
      },
    ],
  })
  const document = openApiDocument(parts.version)
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
  server.get('/openapi.json', async (_request, reply) => reply.send(await document))
  server.get('/docs', async (_request, reply) => reply.type('text/html').send(docsPage(await document)))
  server.get('/docs/errors', async (_request, reply) => reply.type('text/html').send(errorsPage()))
  server.get('/v1/healthz', async (_request, reply) => reply.send({ status: 'ok', version: parts.version }))
  server.get<{ Params: { sha256: string } }>('/v1/artifacts/:sha256', async (request, reply) => {
    const caller = await callerOf(parts, request)
    if (caller === undefined) return send(reply, UNKNOWN_CALLER)
    const sent = await sendArtifact({ parts, caller }, request.params.sha256, reply)
    return sent ? reply : send(reply, NOTHING_HERE)
  })
  server.setErrorHandler(async (error, _request, reply) => send(reply, told(parts, error)))
  server.all('/v1/*', async (request, reply) => {
    const caller = await callerOf(parts, request)
    if (caller === undefined) return send(reply, UNKNOWN_CALLER)
    const { matched } = await handler.handle(request, reply, { context: { parts, caller } })
    return matched ? reply : send(reply, NOTHING_HERE)
  })
  server.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode >= 400) void reply.type('application/problem+json')
  })
  server.setNotFoundHandler(async (_request, reply) => send(reply, NOTHING_HERE))
  return server
}

/** The problem of an error; a defect is reported as well. */
function told(parts: ApiParts, error: unknown): Problem {
  const problem = problemOf(error)
  if (problem.status === 500) parts.report(error)
  return problem
}

const UNKNOWN_CALLER = described(401, 'unauthenticated', 'The request carries no token that is known and valid.', {
  remedy: 'Send `Authorization: Bearer TOKEN`; `gander login --server URL` keeps one.',
})
const NOTHING_HERE = described(404, 'route_not_found', 'There is no such address.', {
  remedy: 'The addresses are in /openapi.json.',
})

const send = (reply: FastifyReply, problem: Problem) =>
  reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))

async function callerOf(parts: ApiParts, { headers }: FastifyRequest): Promise<Principal | undefined> {
  const token = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(headers.authorization ?? '')?.[1]
  return token === undefined ? undefined : parts.identities.authenticate(token)
}
