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

/** Reads a profile's YAML; what it leaves out is as in `absent`. Unknown fields are refused, never passed over. */
export function readSandboxProfile(
  source: string,
  origin: string,
  absent: UnversionedProfile = DEFAULT_SANDBOX_PROFILE,
): Result<SandboxProfile, SandboxProfileRefusal> {
  const read = readDocument(source, sandboxProfileSchema, { may_be_empty: true })
  if (read.ok) return ok(sealSandboxProfile(filledIn(read.value, absent)))
  return refuse({ code: 'sandbox_profile_invalid', message: `${origin}: ${shownProblems(read.refusal)}` })
}

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
