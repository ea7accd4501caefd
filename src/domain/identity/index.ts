// Who asks, in which role, and whether they may: pure answers over what is on record about a principal.
export { ROLES, type Permission, type Role } from './roles.ts'
export { mayDo, type Principal, type PrincipalKind, type RoleGrant } from './principal.ts'
