/**
 * Capabilities: the registered contract a task runs under, compiled into the tools, models, hosts, evidence and
 * approvals that are enforced, and the question whether a task stays within it. Pure; hashes are given.
 */
export { beyondGrant, covers, grantsTool } from './beyond-grant.ts'
export {
  CAPABILITY_ACTIONS,
  NEVER_ALLOWED,
  type CapabilityAction,
  type CapabilityContract,
} from './capability-contract.ts'
export { compileCapability } from './compile-capability.ts'
