import type { Permission, Principal, PrincipalKind, RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'

/** A token as people see it again: never its secret. */
export interface TokenRecord {
  readonly id: string
  readonly principal_id: string
  readonly label: string
  readonly scopes: readonly Permission[] | null
  readonly created_at: string
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

/** A principal as administrators see it. */
export interface PrincipalRecord {
  readonly tenant_id: TenantId
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  /** Issuer and subject of a person who signs in by OIDC; null for others. */
  readonly oidc: { readonly issuer: string; readonly subject: string } | null
  readonly grants: readonly RoleGrant[]
  readonly disabled_at: string | null
}

/** Who there is, what they may, and the tokens that speak for them. Secrets are kept as hashes only. */
export interface Identities {
  /** Who the token speaks for now; undefined where it is unknown, expired, revoked or its principal disabled. */
  authenticate(token: string): Promise<Principal | undefined>
  /** The person of an OIDC sign-in; undefined where nobody was let in under that subject. */
  byOidc(issuer: string, subject: string): Promise<Principal | undefined>
  principals(tenant: TenantId): Promise<readonly PrincipalRecord[]>
  create(principal: Omit<PrincipalRecord, 'id' | 'disabled_at'>, by: string): Promise<PrincipalRecord>
  setGrants(tenant: TenantId, principal: string, grants: readonly RoleGrant[], by: string): Promise<PrincipalRecord>
  disable(tenant: TenantId, principal: string, by: string): Promise<PrincipalRecord>
  tokens(tenant: TenantId, principal: string): Promise<readonly TokenRecord[]>
  /** The secret is told here and never again. */
  issue(
    tenant: TenantId,
    principal: string,
    wish: { readonly label: string; readonly scopes: readonly Permission[] | null; readonly expires_at: string | null },
    by: string,
  ): Promise<{ readonly token: string; readonly record: TokenRecord }>
  revoke(tenant: TenantId, token: string, by: string): Promise<TokenRecord>
}
