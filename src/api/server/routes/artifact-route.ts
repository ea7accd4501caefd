import { mayDo, type Permission, type Principal } from '#domain/identity'
import type { RunArtifact } from '#ports'
import type { FastifyReply } from 'fastify'
import { authorise, type ApiParts } from '../api-context.ts'

/** What may be looked at without leave of its own. */
const OPEN = new Set(['public', 'internal'])

/** What holds a whole run is for audits; of the rest the data class decides. */
const permissionFor = ({ kind, data_class }: RunArtifact): Permission => {
  if (kind === 'replay_package' || kind === 'audit_export') return 'audit.read'
  return OPEN.has(data_class) ? 'artifact.read' : 'artifact.read_restricted'
}

/** Sends an artifact's bytes as a download, never as something a browser would run; false where there is none to see. */
export async function sendArtifact(
  context: { readonly parts: ApiParts; readonly caller: Principal },
  sha256: string,
  reply: FastifyReply,
): Promise<boolean> {
  const { parts, caller } = context
  const found = await parts.queries.artifact(caller.tenant_id, sha256)
  if (found === undefined || !mayDo(caller, 'run.read', found.repository)) return false
  authorise(context, permissionFor(found), found.repository)
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
