import { createHash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A strong tag over exactly the bytes of an answer. */
const tagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url').slice(0, 32)}"`

/** Whether a list of tags, as a client sent it, holds this one; `*` fits whatever there is. */
const lists = (sent: string, tag: string): boolean =>
  sent.trim() === '*' || sent.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)

/** Gives answers of reads their tag, and answers 304 to whoever has them already. */
export function tagged(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (!isRead || reply.statusCode !== 200) return payload
  const own = reply.getHeader('etag')
  const tag = typeof own === 'string' ? own : typeof payload === 'string' ? tagOf(payload) : undefined
  if (tag === undefined) return payload
  void reply.header('etag', tag)
  if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'private, no-cache')
  const known = request.headers['if-none-match']
  if (known === undefined || !lists(known, tag)) return payload
  void reply.code(304).removeHeader('content-type').removeHeader('content-length')
  return null
}

/** The resource that a write is about: the address itself, or for an act (`/cancel`, `/grants`) the one above it. */
function resourceOf(url: string, method: string): string {
  const path = url.split('?', 1)[0] ?? url
  const [, version = '', collection = '', id = ''] = path.split('/')
  return method === 'POST' || path.endsWith('/grants') ? `/${version}/${collection}/${id}` : path
}

/** What a write is held to: the version of the resource, where it has one, and the resource itself. */
interface Matched {
  readonly version?: number
  readonly seen?: Readonly<Record<string, unknown>>
}

/**
 * Holds a write to what its `If-Match` or `If-None-Match: *` names: the resource is read as the caller sees it. Gives
 * what the write is then bound to in its own transaction. @throws GanderError `resource_changed`
 */
export async function matched(server: FastifyInstance, request: FastifyRequest): Promise<Matched> {
  const { 'if-match': match, 'if-none-match': none, authorization } = request.headers
  if (request.method === 'GET' || (match === undefined && none !== '*')) return {}
  const url = resourceOf(request.url, request.method)
  const { statusCode, headers, body } = await server.inject({ method: 'GET', url, headers: { authorization } })
  const there = statusCode === 200
  if (match === undefined) {
    if (there) throw changed(`${url} exists already`)
    return { version: 0 }
  }
  if (!there || !lists(match, String(headers['etag']))) throw changed(`${url} is not what If-Match names`)
  const seen = membersOf(JSON.parse(body))
  // A run is told with what belongs to it; its version is its own.
  const { version } = 'run' in seen ? membersOf(seen['run']) : seen
  return { seen, ...(typeof version === 'number' && { version }) }
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const changed = (what: string) => new GanderError('resource_changed', `${what}; nothing was changed.`)
