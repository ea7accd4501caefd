import type { Permission, Principal, PrincipalKind, RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Page, PageWish } from './run-queries.ts'

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
  /** What the identity provider vouched for at the last sign-in; absent: nothing. Never shown by the API. */
  readonly email?: string
  readonly disabled_at: string | null
  /** Grows with each change. */
  readonly version: number
}

/** What a principal is when it is let in. */
export type NewPrincipal = Omit<PrincipalRecord, 'id' | 'email' | 'disabled_at' | 'version'>

/** Somebody as the identity provider that a tenant trusts knows them. */
export interface Subject {
  readonly tenant_id: TenantId
  readonly issuer: string
  readonly subject: string
}

/** Who acts, and the version they saw; absent: whichever there is. */
export interface RecordChange {
  readonly by: string
  readonly version?: number
}

/**
 * Who there is, what they may, and the tokens that speak for them. Secrets are kept as hashes only.
 * @throws GanderError `principal_not_found`, `principal_exists`, and `resource_changed` where a version is given and is
 * not the current one
 */
export interface Identities {
  /** Who the token speaks for now; undefined where it is unknown, expired, revoked or its principal disabled. */
  authenticate(token: string): Promise<Principal | undefined>
  /** The person of an OIDC sign-in; undefined where nobody was let in under that subject, `disabled` where no more. */
  byOidc(subject: Subject): Promise<Principal | 'disabled' | undefined>
  /** Takes a nonce; false where it was taken before. */
  takeNonce(subject: Omit<Subject, 'subject'>, nonce: string): Promise<boolean>
  /** In the order of their identifiers. */
  principals(tenant: TenantId, page: PageWish): Promise<Page<PrincipalRecord>>
  principal(tenant: TenantId, id: string): Promise<PrincipalRecord | undefined>
  /** By the name people know it by. */
  named(tenant: TenantId, name: string): Promise<PrincipalRecord | undefined>
  create(principal: NewPrincipal, by: string): Promise<PrincipalRecord>
  setGrants(
    tenant: TenantId,
    principal: string,
    grants: readonly RoleGrant[],
    change: RecordChange,
  ): Promise<PrincipalRecord>
  /** Notes the address that the identity provider vouches for, or that it vouches for none any more. */
  noteEmail(tenant: TenantId, principal: string, email: string | null, change: RecordChange): Promise<PrincipalRecord>
  disable(tenant: TenantId, principal: string, change: RecordChange): Promise<PrincipalRecord>
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
