import type { PrincipalKind, RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Identities, PrincipalRecord, TokenRecord } from './identities.ts'
import type { ChangeName, ChangeOrigin } from './provenance.ts'
import type { RepositoryAgreement, RepositoryRecord } from './repository-records.ts'
import type { Page, PageWish } from './run-queries.ts'
import type { TenantRecord } from './tenants.ts'

/** A tenant that was opened, with its first administrator's token, which is told once. */
export interface OpenedTenant {
  readonly tenant: TenantRecord
  readonly principal: PrincipalRecord
  readonly token: string
}

/** What administrators do for their tenant, in this process or over a server. */
export interface Administration {
  principals(page: PageWish): Promise<Page<PrincipalRecord>>
  letIn(principal: {
    readonly kind: Exclude<PrincipalKind, 'run'>
    readonly name: string
    readonly oidc: PrincipalRecord['oidc']
    readonly grants: readonly RoleGrant[]
  }): Promise<PrincipalRecord>
  setGrants(principal: string, grants: readonly RoleGrant[]): Promise<PrincipalRecord>
  disable(principal: string): Promise<PrincipalRecord>
  tokens(principal: string): Promise<readonly TokenRecord[]>
  issue(principal: string, wish: Parameters<Identities['issue']>[2]): ReturnType<Identities['issue']>
  revoke(token: string): Promise<TokenRecord>
  tenants(page: PageWish): Promise<Page<TenantRecord>>
  openTenant(name: string, administrator: string): Promise<OpenedTenant>
  closeTenant(tenant: TenantId): Promise<TenantRecord>
  repositories(page: PageWish): Promise<Page<RepositoryRecord>>
  putRepository(repository: string, agreement: Partial<RepositoryAgreement>): Promise<RepositoryRecord>
  /** Empty where nothing is known by that name. */
  whoCaused(change: ChangeName): Promise<readonly ChangeOrigin[]>
  close(): Promise<void>
}
