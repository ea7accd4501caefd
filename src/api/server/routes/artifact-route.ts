import { mayDo, type Principal } from '#domain/identity'
import type { FastifyReply } from 'fastify'
import { authorise, type ApiParts } from '../api-context.ts'

/** What may be looked at without leave of its own. */
const OPEN = new Set(['public', 'internal'])

/** Sends an artifact's bytes as a download, never as something a browser would run; false where there is none to see. */
export async function sendArtifact(
  context: { readonly parts: ApiParts; readonly caller: Principal },
  sha256: string,
  reply: FastifyReply,
): Promise<boolean> {
  const { parts, caller } = context
  const found = await parts.queries.artifact(caller.tenant_id, sha256)
  if (found === undefined || !mayDo(caller, 'run.read', found.repository)) return false
  authorise(context, OPEN.has(found.data_class) ? 'artifact.read' : 'artifact.read_restricted', found.repository)
  const bytes = await parts.artifacts(caller.tenant_id).get(sha256)
  if (bytes === undefined) return false
  await reply
    .header('content-type', 'application/octet-stream')
    .header('content-disposition', `attachment; filename="${sha256}"`)
    .header('x-content-type-options', 'nosniff')
    .header('etag', `"${sha256}"`)
    .header('cache-control', 'private, max-age=31536000, immutable')
    .send(Buffer.from(bytes))
  return true
}
