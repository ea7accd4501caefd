import type { RoleGrant } from './principal.ts'
import type { Role } from './roles.ts'

/** What membership of a group at the identity provider opens here. */
export interface GroupRule {
  /** The group as the provider's claim names it, compared exactly. */
  readonly group: string
  readonly role: Role
  /** An address or a prefix that ends with a slash; null means every repository of the tenant. */
  readonly repository: string | null
}

/** The grants that somebody's groups open. A claim that is no list of texts opens nothing. */
export function claimedGrants(groups: unknown, rules: readonly GroupRule[]): readonly RoleGrant[] {
  if (!Array.isArray(groups)) return []
  const held = new Set(groups.filter((group) => typeof group === 'string'))
  return rules.filter(({ group }) => held.has(group)).map(({ role, repository }) => ({ role, repository }))
}
