import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import { api, authorise, changeOf } from '../api-context.ts'

/** Onboarded repositories of the caller's tenant. */
export const repositoryRoutes = {
  list: api.repositories.list.handler(({ input: { query }, context }) => {
    authorise(context, 'repository.read')
    return context.parts.repositories.list(context.caller.tenant_id, query)
  }),
  get: api.repositories.get.handler(async ({ input: { params }, context: { parts, caller } }) => {
    const may = mayDo(caller, 'repository.read', params.repository)
    const found = may ? await parts.repositories.get(caller.tenant_id, params.repository) : undefined
    if (found !== undefined) return found
    throw new GanderError('repository_not_onboarded', `The repository ${params.repository} was not onboarded.`)
  }),
  put: api.repositories.put.handler(({ input: { params, body }, context: { parts, caller }, context }) => {
    authorise(context, 'repository.write', params.repository)
    const { by: name, ...seen } = changeOf(context)
    return parts.repositories.put(caller.tenant_id, params.repository, body, { name, ...seen })
  }),
}
