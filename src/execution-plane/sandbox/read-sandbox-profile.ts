import { createHash } from 'node:crypto'
import { readDocument, shownProblems } from '#documents'
import { canonicalJson } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'
import { DEFAULT_SANDBOX_PROFILE, type SandboxProfile, type UnversionedProfile } from '#domain/sandbox'
import { sandboxProfileSchema, type SandboxProfileDocument } from './sandbox-profile-schema.ts'

/** Why a text is no sandbox profile: each wrong field and what is allowed there. */
export interface SandboxProfileRefusal {
  readonly code: 'sandbox_profile_invalid'
  readonly message: string
}

/** Reads an operator's profile; what its YAML leaves out is as built in. Unknown fields are refused, never passed over. */
export function readSandboxProfile(source: string, origin: string): Result<SandboxProfile, SandboxProfileRefusal> {
  const read = readOwnSandboxProfile(source, origin, DEFAULT_SANDBOX_PROFILE)
  if (!read.ok) return read
  if (read.value.held_to === undefined) return ok(read.value.profile)
  return refuse(invalid(origin, "sandbox_profile: only a repository's .gander/sandbox.yaml names another profile"))
}

/** A repository's own profile, and the operator's that it names, if it does. */
interface OwnProfile {
  readonly profile: SandboxProfile
  readonly held_to: string | undefined
}

/** Reads a repository's own profile; what it leaves out is as in `absent`. */
export function readOwnSandboxProfile(
  source: string,
  origin: string,
  absent: UnversionedProfile,
): Result<OwnProfile, SandboxProfileRefusal> {
  const read = readDocument(source, sandboxProfileSchema, { may_be_empty: true })
  if (!read.ok) return refuse(invalid(origin, shownProblems(read.refusal)))
  const profile = sealSandboxProfile(filledIn(read.value, absent))
  return ok({ profile, held_to: read.value.sandbox_profile })
}

const invalid = (origin: string, what: string): SandboxProfileRefusal => ({
  code: 'sandbox_profile_invalid',
  message: `${origin}: ${what}`,
})

/** Adds the version: the hash of everything that decides. */
export function sealSandboxProfile(profile: UnversionedProfile): SandboxProfile {
  const { id: _, ...deciding } = profile
  return { ...profile, version: createHash('sha256').update(canonicalJson(deciding)).digest('hex') }
}

function filledIn(document: SandboxProfileDocument, absent: UnversionedProfile): UnversionedProfile {
  const { requires = {}, filesystem = {}, network = {}, resources = {}, packages = {}, artifact_export } = document
  const { memory, upper, ...figures } = resources
  const { budget = {}, ...allowed } = packages
  return {
    id: document.id ?? absent.id,
    requires: { ...absent.requires, ...stated(requires) },
    filesystem: {
      writable_paths:
        filesystem.writable_paths === undefined ? absent.filesystem.writable_paths : [filesystem.writable_paths],
      read_only_paths: filesystem.read_only_paths ?? absent.filesystem.read_only_paths,
    },
    network: { ...absent.network, ...stated(network) },
    secrets: [],
    resources: {
      ...absent.resources,
      ...stated(figures),
      memory_bytes: memory ?? absent.resources.memory_bytes,
      upper_bytes: upper ?? absent.resources.upper_bytes,
    },
    packages: {
      ...absent.packages,
      ...stated(allowed),
      budget: { ...absent.packages.budget, ...stated(budget) },
    },
    artifact_export: artifact_export === undefined ? absent.artifact_export : [artifact_export],
  }
}

/** The members that have a value. */
function stated<Part extends object>(part: Part): { [Name in keyof Part]?: Exclude<Part[Name], undefined> } {
  // What is left of an object has the types it had.
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as never
}
