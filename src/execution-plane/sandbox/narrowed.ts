import { isGanderError } from '#domain/failure'
import { ok, refuse, type Result } from '#domain/result'
import { meet, unversioned, type SandboxProfile } from '#domain/sandbox'
import { readOwnSandboxProfile, sealSandboxProfile, type SandboxProfileRefusal } from './read-sandbox-profile.ts'

/** Where the base commit says what its runs' sandboxes need not do. */
export const OWN_SANDBOX_PROFILES = ['.gander/sandbox.yaml', '.gander/sandbox.yml'] as const

/** Finds an operator's profile by its name. @throws GanderError `sandbox_profile_invalid` */
type FindProfile = (name: string) => Promise<SandboxProfile>

/**
 * The operator's profile, narrowed by the repository's own and by the one that this names; what these leave out they do
 * not narrow. A name that nobody knows is refused: the repository counts on what it would keep closed.
 */
export async function narrowed(
  profile: SandboxProfile,
  own: { readonly source: string; readonly path: string },
  find?: FindProfile,
): Promise<Result<SandboxProfile, SandboxProfileRefusal>> {
  const read = readOwnSandboxProfile(own.source, own.path, unversioned(profile))
  if (!read.ok) return read
  const narrow = sealSandboxProfile(meet(unversioned(profile), unversioned(read.value.profile)))
  const { held_to } = read.value
  if (held_to === undefined) return ok(narrow)
  const named = await foundBy(find, held_to, own.path)
  return named.ok ? ok(sealSandboxProfile(meet(unversioned(narrow), unversioned(named.value)))) : named
}

async function foundBy(
  find: FindProfile | undefined,
  name: string,
  path: string,
): Promise<Result<SandboxProfile, SandboxProfileRefusal>> {
  const unknown = `there is no sandbox profile ${name} on this machine`
  try {
    return find === undefined ? refuse(refusal(path, unknown)) : ok(await find(name))
  } catch (error) {
    if (!isGanderError(error, 'sandbox_profile_invalid')) throw error
    return refuse(refusal(path, error.message))
  }
}

const refusal = (path: string, why: string): SandboxProfileRefusal => ({
  code: 'sandbox_profile_invalid',
  message: `${path}: sandbox_profile: ${why}`,
})
