import { MEDIA_ENDINGS } from '#api/contract'
import { api, authorise } from '../api-context.ts'

/** What runs left, over all of them. */
export const artifactRoutes = {
  list: api.artifacts.list.handler(async ({ input: { query }, context, context: { parts, caller } }) => {
    const { limit, cursor, media_type, ...filter } = query
    const repository = filter.repository ?? null
    authorise(context, 'artifact.read', repository)
    authorise(context, 'run.read', repository)
    const endings = media_type === undefined ? {} : { endings: MEDIA_ENDINGS[media_type] }
    return parts.queries.listArtifacts(caller.tenant_id, { ...filter, ...endings }, { limit, cursor })
  }),
}
