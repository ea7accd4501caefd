import type { TenantId } from '../ids/index.ts'
import { PERMISSIONS, ROLES, type Permission, type Role } from './roles.ts'

/** The four kinds of identity, which are never one another: a worker's token asks for nothing a person may. */
export type PrincipalKind = 'person' | 'service' | 'worker' | 'run'

/** A role, everywhere or for the repositories below one address only. */
export interface RoleGrant {
  readonly role: Role
  /** An address, or a prefix of one that ends with a slash; null means every repository of the tenant. */
  readonly repository: string | null
  /** The moment it ends, RFC 3339 in UTC; absent: it stands until it is taken away. */
  readonly until?: string
  /** `sign_in`: opened by a group at the identity provider, and replaced by the next sign-in; absent: by a person. */
  readonly source?: 'sign_in'
}

/** The grants that stand at a moment; one whose end cannot be read has ended. */
export const standing = (grants: readonly RoleGrant[], now: string): readonly RoleGrant[] =>
  grants.filter(({ until }) => until === undefined || Date.parse(until) > Date.parse(now))

/** Who asks, as the platform knows them at this moment; grants are read again at each use. */
export interface Principal {
  readonly tenant_id: TenantId
  readonly id: string
  readonly kind: PrincipalKind
  /** For the record. */
  readonly name: string
  readonly grants: readonly RoleGrant[]
  /** What the token was cut down to; null means everything the grants allow. */
  readonly scopes: readonly Permission[] | null
}

/** What a kind may never do, whatever its grants say; a worker and a run have their own ways in and none through the API. */
const CLOSED: Readonly<Record<PrincipalKind, 'everything' | readonly Permission[]>> = {
  person: [],
  service: ['approval.decide', 'checkpoint.answer', 'memory.approve'],
  worker: 'everything',
  run: 'everything',
}

/**
 * Whether a principal may do this, for this repository where the act concerns one. A grant for a repository opens
 * nothing that concerns none.
 */
export function mayDo(principal: Principal, permission: Permission, repository: string | null = null): boolean {
  const closed = CLOSED[principal.kind]
  if (closed === 'everything' || closed.includes(permission)) return false
  if (principal.scopes !== null && !principal.scopes.includes(permission)) return false
  const open: readonly Role[] = PERMISSIONS[permission]
  return principal.grants.some((grant) => open.includes(grant.role) && covers(grant, repository))
}

/** The roles that grants open to a principal, for this repository where the act concerns one. */
export const rolesFor = (principal: Principal, repository: string | null): readonly Role[] =>
  ROLES.filter((role) => principal.grants.some((grant) => grant.role === role && covers(grant, repository)))

function covers(grant: RoleGrant, repository: string | null): boolean {
  if (grant.repository === null) return true
  if (repository === null) return false
  return grant.repository.endsWith('/') ? repository.startsWith(grant.repository) : repository === grant.repository
}
