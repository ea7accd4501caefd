/**
 * What is registered: the contracts under which runs may work, built in or an operator's own, read strictly and compiled
 * into what is enforced. Decides whether a task's capability exists, holds, is open and covers what the task asks for.
 */
export { BUILT_IN_CAPABILITIES, DEFAULT_CAPABILITY } from './built-in-capabilities.ts'
export { createCapabilities, type CapabilityFile } from './create-capabilities.ts'

export { readCapability, type ReadCapability } from './read-capability.ts'
