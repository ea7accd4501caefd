/** The request as it was said, the contract made from it, and whether it says enough to work on. */
export * from './capability-grant.ts'
export { assessRequest } from './assess-request.ts'
export * from './task.ts'
export * from './run-mode.ts'
export * from './repository-agreement.ts'
