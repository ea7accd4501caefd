import {
  createIdentities,
  createProvenance,
  createRepositoryRecords,
  createTenants,
  openDatabase,
} from '#adapters/postgres'
import { openTenant } from '#control-plane/identity'
import { LOCAL_TENANT } from '#domain/ids'
import type { Administration } from '#ports'
import type { PlatformSettings } from './shared-parts.ts'
import { identifiers } from './system-clock.ts'

/** What whoever has this home folder may do for the installation's own tenant, which is everything. */
export async function openAdministration(
  { home, database_url }: PlatformSettings,
  by: string,
): Promise<Administration> {
  const database = await openDatabase(database_url === undefined ? { home } : { url: database_url })
  const parts = { database, identifiers }
  const identities = createIdentities(parts)
  const tenants = createTenants(parts)
  const repositories = createRepositoryRecords(parts)
  const provenance = createProvenance({ database })
  return {
    principals: (page) => identities.principals(LOCAL_TENANT, page),
    letIn: (principal) => identities.create({ tenant_id: LOCAL_TENANT, ...principal }, by),
    setGrants: (principal, grants) => identities.setGrants(LOCAL_TENANT, principal, grants, { by }),
    disable: (principal) => identities.disable(LOCAL_TENANT, principal, { by }),
    tokens: (principal) => identities.tokens(LOCAL_TENANT, principal),
    issue: (principal, wish) => identities.issue(LOCAL_TENANT, principal, wish, by),
    revoke: (token) => identities.revoke(LOCAL_TENANT, token, by),
    tenants: (page) => tenants.list(page),
    openTenant: (name, administrator) => openTenant({ tenants, identities }, { name, administrator, by }),
    closeTenant: (tenant) => tenants.close(tenant, by),
    repositories: (page) => repositories.list(LOCAL_TENANT, page),
    putRepository: (repository, agreement) => repositories.put(LOCAL_TENANT, repository, agreement, { name: by }),
    whoCaused: (change) => provenance.whoCaused(LOCAL_TENANT, change),
    close: () => database.close(),
  }
}
