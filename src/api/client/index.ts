// The HTTP API from the other side: a typed client, and the ports over it, so that a command does the same against a
// server as in its own process.
export { createHttpPlatform } from './http-platform.ts'
export { createHttpAdministration } from './http-administration.ts'
export { createHttpPolicyDesk } from './http-policy-desk.ts'
export { createHttpAudit, createHttpRetention } from './http-records.ts'
export { signInAt } from './sign-in-at.ts'
