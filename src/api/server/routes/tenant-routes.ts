import { GanderError } from '#domain/failure'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { api, authorise, changeOf, runsTheInstallation, type ApiContext } from '../api-context.ts'

const unknown = (tenant: TenantId) => new GanderError('tenant_not_found', `There is no tenant ${tenant}.`)

function authoriseInstallation(context: ApiContext): void {
  authorise(context, 'tenant.write')
  if (runsTheInstallation(context)) return
  throw new GanderError('forbidden', 'Only whoever runs the installation may open and close tenants.', {
    facts: { permission: 'tenant.write' },
  })
}

/** The tenant, where the caller may know of it. */
async function existing(context: ApiContext, tenant: TenantId) {
  if (tenant !== context.caller.tenant_id && !runsTheInstallation(context)) throw unknown(tenant)
  const found = await context.parts.tenants.get(tenant)
  if (found === undefined) throw unknown(tenant)
  return found
}

/** Tenants of the installation. */
export const tenantRoutes = {
  list: api.tenants.list.handler(async ({ input: { query }, context }) => {
    authorise(context, 'tenant.read')
    if (runsTheInstallation(context)) return context.parts.tenants.list(query)
    return { items: [await existing(context, context.caller.tenant_id)], next_cursor: null }
  }),
  get: api.tenants.get.handler(({ input: { params }, context }) => {
    authorise(context, 'tenant.read')
    return existing(context, params.tenant_id)
  }),
  create: api.tenants.create.handler(({ input: { body }, context }) => {
    authoriseInstallation(context)
    return context.parts.openTenant({ ...body, by: context.caller.name })
  }),
  close: api.tenants.close.handler(async ({ input: { params }, context }) => {
    authoriseInstallation(context)
    if (params.tenant_id === LOCAL_TENANT)
      throw new GanderError('forbidden', 'The tenant of the installation itself cannot be closed.')
    const { by, version } = { version: undefined, ...changeOf(context) }
    return context.parts.tenants.close(params.tenant_id, by, version)
  }),
  limits: api.tenants.limits.handler(async ({ input: { params }, context }) => {
    authorise(context, 'tenant.read')
    const { tenant_id } = await existing(context, params.tenant_id)
    return { max_running: await context.parts.limits.maxRunning(tenant_id) }
  }),
  setLimits: api.tenants.setLimits.handler(async ({ input: { params, body }, context }) => {
    authoriseInstallation(context)
    const { tenant_id } = await existing(context, params.tenant_id)
    await context.parts.limits.setMaxRunning(tenant_id, body.max_running, context.caller.name)
    return { max_running: body.max_running }
  }),
}
