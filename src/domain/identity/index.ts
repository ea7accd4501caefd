// Who asks, in which role, and whether they may: pure answers over what is on record about a principal.
export { PERMISSIONS, ROLES, type Permission, type Role } from './roles.ts'
export { mayDo, rolesFor, standing, type Principal, type PrincipalKind, type RoleGrant } from './principal.ts'
export {
  ACCESS_FACTS,
  asksForRecord,
  closedBy,
  factsOf,
  type AccessFacts,
  type AccessRule,
} from './access-rules.ts'
export { claimedGrants, type GroupRule } from './claimed-grants.ts'
