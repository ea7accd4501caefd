// The HTTP API: the contract given handlers over the platform, its problems and its documents. It decides who is asked for
// and how an answer reads; what may be done is decided behind the ports.
export { createApi } from './create-api.ts'
export type { ApiParts } from './api-context.ts'
