import type { SandboxProfile } from '#domain/sandbox'
import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits } from '#ports'

/** A profile's resources as a driver takes them. A profile with a 0 among them opens no sandbox and never comes here. */
export const limitsOf = ({ resources }: SandboxProfile): SandboxLimits => ({
  memory_bytes: resources.memory_bytes,
  cpus: resources.cpus,
  pids: resources.pids,
  upper_bytes: resources.upper_bytes,
  upper_inodes: DEFAULT_SANDBOX_LIMITS.upper_inodes,
})
