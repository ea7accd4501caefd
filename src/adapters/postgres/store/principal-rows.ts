import { standing, type Permission, type Principal, type PrincipalKind, type RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { PrincipalRecord } from '#ports'

/** A row of `principal` as it arrives. */
export interface PrincipalRow {
  readonly tenant_id: TenantId
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly oidc_issuer: string | null
  readonly oidc_subject: string | null
  readonly grants: readonly RoleGrant[]
  readonly email: string | null
  readonly disabled_at: string | null
  readonly version: number
}

/** The columns of a principal, of the alias `p`. */
export const PRINCIPAL_COLUMNS =
  'p.tenant_id, p.id, p.kind, p.name, p.oidc_issuer, p.oidc_subject, p.grants, p.email, p.disabled_at, p.version'

/** Who asks, with the grants that stand at the database's moment. */
export const principalOf = (
  row: PrincipalRow & { readonly read_at: string },
  scopes: readonly Permission[] | null,
): Principal => ({
  tenant_id: row.tenant_id,
  id: row.id,
  kind: row.kind,
  name: row.name,
  grants: standing(row.grants, row.read_at),
  scopes,
})

/** The record of a row. */
export const recordOf = (row: PrincipalRow): PrincipalRecord => ({
  tenant_id: row.tenant_id,
  id: row.id,
  kind: row.kind,
  name: row.name,
  oidc:
    row.oidc_issuer === null || row.oidc_subject === null
      ? null
      : { issuer: row.oidc_issuer, subject: row.oidc_subject },
  grants: row.grants,
  ...(row.email !== null && { email: row.email }),
  disabled_at: row.disabled_at,
  version: row.version,
})
