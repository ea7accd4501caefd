import { Readable } from 'node:stream'
import { GanderError } from '#domain/failure'
import type { FastifyReply } from 'fastify'
import { authorise, type ApiContext } from '../api-context.ts'

/** Each holds a connection of the database and one of its snapshots for as long as somebody reads. */
const AT_ONCE = 2
/** A reader that takes nothing for so long has gone. */
const PATIENCE_MS = 60_000

/**
 * Streams the tenant's whole record as lines of JSON that prove themselves, no faster than they are read.
 * @throws GanderError `forbidden`, `request_invalid`, `server_busy`
 */
export function createExport() {
  let open = 0
  return async (context: ApiContext, since: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    authorise(context, 'audit.export')
    const from = momentOf(since)
    if (open >= AT_ONCE) throw new GanderError('server_busy', `${AT_ONCE} exports are under way already.`)
    const { parts, caller } = context
    open++
    const lines = parts.audit.lines(caller.tenant_id, { by: caller.name, ...(from !== undefined && { since: from }) })
    const stream = Readable.from(lines)
    stream.once('close', () => open--)
    stream.once('error', parts.report)
    reply.raw.socket?.setTimeout(PATIENCE_MS, () => stream.destroy())
    return reply
      .header('content-type', 'application/jsonl')
      .header('content-disposition', 'attachment; filename="audit.jsonl"')
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
      .send(stream)
  }
}

function momentOf(since: unknown): string | undefined {
  if (since === undefined) return undefined
  const is = typeof since === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]{5,15}(?:Z|[+-]\d{2}:\d{2})$/.test(since)
  const at = is ? Date.parse(since) : Number.NaN
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new GanderError('usage', 'since must be a moment of RFC 3339.', {
    remedy: 'Give one such as ?since=2030-01-31T00:00:00Z.',
  })
}
