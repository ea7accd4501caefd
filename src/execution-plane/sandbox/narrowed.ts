import { ok, type Result } from '#domain/result'
import { meet, unversioned, type SandboxProfile } from '#domain/sandbox'
import { readSandboxProfile, sealSandboxProfile, type SandboxProfileRefusal } from './read-sandbox-profile.ts'

/** Where the base commit says what its runs' sandboxes need not do. */
export const OWN_SANDBOX_PROFILES = ['.gander/sandbox.yaml', '.gander/sandbox.yml'] as const

/** The operator's profile, narrowed by the repository's own; what that one leaves out it does not narrow. */
export function narrowed(
  profile: SandboxProfile,
  own: { readonly source: string; readonly path: string },
): Result<SandboxProfile, SandboxProfileRefusal> {
  const read = readSandboxProfile(own.source, own.path, unversioned(profile))
  return read.ok ? ok(sealSandboxProfile(meet(unversioned(profile), unversioned(read.value)))) : read
}
