/**
 * Whom the platform trusts to say who somebody is, and what their groups open, as data; how a tenant begins.
 */
export { readSignInRules } from './read-sign-in-rules.ts'
export { openTenant } from './open-tenant.ts'
