import { GanderError } from '#domain/failure'
import { mayDo, PERMISSIONS, type Permission } from '#domain/identity'
import { api, authorise, changeOf, type ApiContext } from '../api-context.ts'

const NAMES = Object.keys(PERMISSIONS) as readonly Permission[]

/** The principal of the caller's tenant. @throws GanderError `principal_not_found` */
async function existing({ parts, caller }: ApiContext, id: string) {
  const found = await parts.identities.principal(caller.tenant_id, id)
  if (found === undefined) throw new GanderError('principal_not_found', `There is no principal ${id}.`)
  return found
}

/** Administrators, and whoever has a whole token of their own for what is their own. */
function authoriseOwn(context: ApiContext, permission: Permission, principal: string): void {
  const { id, scopes, kind } = context.caller
  if (id === principal && scopes === null && (kind === 'person' || kind === 'service')) return
  authorise(context, permission)
}

/** Principals and their tokens, of the caller's tenant. */
export const principalRoutes = {
  me: api.principals.me.handler(({ context: { caller } }) => ({
    ...caller,
    grants: [...caller.grants].map(({ role, repository, until }) => ({
      role,
      repository,
      ...(until === undefined ? {} : { until }),
    })),
    scopes: caller.scopes === null ? null : [...caller.scopes],
    permissions: NAMES.filter((permission) => mayDo(caller, permission)),
  })),
  list: api.principals.list.handler(({ input: { query }, context }) => {
    authorise(context, 'principal.read')
    return context.parts.identities.principals(context.caller.tenant_id, query)
  }),
  get: api.principals.get.handler(({ input: { params }, context }) => {
    authoriseOwn(context, 'principal.read', params.principal_id)
    return existing(context, params.principal_id)
  }),
  create: api.principals.create.handler(({ input: { body }, context: { parts, caller }, context }) => {
    authorise(context, 'principal.write')
    return parts.identities.create({ ...body, tenant_id: caller.tenant_id }, caller.name)
  }),
  setGrants: api.principals.setGrants.handler(({ input: { params, body }, context: { parts, caller }, context }) => {
    authorise(context, 'principal.write')
    return parts.identities.setGrants(caller.tenant_id, params.principal_id, body.grants, changeOf(context))
  }),
  disable: api.principals.disable.handler(({ input: { params }, context: { parts, caller }, context }) => {
    authorise(context, 'principal.write')
    return parts.identities.disable(caller.tenant_id, params.principal_id, changeOf(context))
  }),
  tokens: api.principals.tokens.handler(async ({ input: { params }, context: { parts, caller }, context }) => {
    authoriseOwn(context, 'principal.read', params.principal_id)
    await existing(context, params.principal_id)
    return { items: await parts.identities.tokens(caller.tenant_id, params.principal_id), next_cursor: null }
  }),
  issue: api.principals.issue.handler(({ input: { params, body }, context: { parts, caller }, context }) => {
    authoriseOwn(context, 'principal.write', params.principal_id)
    return parts.identities.issue(caller.tenant_id, params.principal_id, body, caller.name)
  }),
  revoke: api.principals.revoke.handler(async ({ input: { params }, context: { parts, caller }, context }) => {
    const own = (await parts.identities.tokens(caller.tenant_id, caller.id)).some(({ id }) => id === params.token_id)
    if (!own) authorise(context, 'principal.write')
    return parts.identities.revoke(caller.tenant_id, params.token_id, caller.name)
  }),
}
