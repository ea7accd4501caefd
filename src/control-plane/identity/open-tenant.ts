import { ROLES } from '#domain/identity'
import type { Identities, OpenedTenant, Tenants } from '#ports'

interface TenantWish {
  readonly name: string
  /** Name of the first person of the tenant. */
  readonly administrator: string
  readonly by: string
}

/** Opens a tenant with a first person who may do everything in it, and their token. */
export async function openTenant(
  { tenants, identities }: { readonly tenants: Tenants; readonly identities: Pick<Identities, 'create' | 'issue'> },
  { name, administrator, by }: TenantWish,
): Promise<OpenedTenant> {
  const tenant = await tenants.create(name, by)
  const { tenant_id } = tenant
  const grants = ROLES.map((role) => ({ role, repository: null }))
  const person = { tenant_id, kind: 'person', name: administrator, oidc: null, grants } as const
  const principal = await identities.create(person, by)
  const first = { label: 'first administrator', scopes: null, expires_at: null }
  const { token } = await identities.issue(tenant_id, principal.id, first, by)
  return { tenant, principal, token }
}
