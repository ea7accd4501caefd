// The contract of the HTTP API: resources, routes and problems. Server, typed clients and the OpenAPI document are made
// from it; nothing here acts.
export { contract } from './contract.ts'
export { MEDIA_ENDINGS } from './routes/artifact-contract.ts'
export { RESOURCES } from './resources.ts'
export type { Problem } from './problem.ts'
export type { RunDetails } from './run-resource.ts'
