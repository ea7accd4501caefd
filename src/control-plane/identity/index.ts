// Whom the platform trusts to say who somebody is, and what their groups open, as data.
export { readSignInRules } from './read-sign-in-rules.ts'
