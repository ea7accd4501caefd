/**
 * Whom the platform trusts to say who somebody is, what their groups open, and under which circumstances an act stays
 * open, as data; how a tenant begins.
 */
export { readSignInRules } from './read-sign-in-rules.ts'
export { readAccessRules } from './read-access-rules.ts'
export { openTenant } from './open-tenant.ts'
