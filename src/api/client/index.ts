// The HTTP API from the other side: a typed client, and the platform port over it, so that a command does the same
// against a server as in its own process.
export { createHttpPlatform } from './http-platform.ts'
