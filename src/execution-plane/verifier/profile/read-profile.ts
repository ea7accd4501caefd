import { readDocument, shownProblems } from '#documents'
import type { PhaseFocus, ProfilePhase, VerificationProfile } from '#domain/verification'
import { ok, refuse, type Result } from '#domain/result'
import { profileSchema, type PhaseDocument, type ProfileDocument } from './profile-schema.ts'
import { sealProfile } from './seal-profile.ts'

/** Why no profile came of it. */
export interface ProfileRefusal {
  readonly code: 'verifier_not_found' | 'verifier_invalid'
  readonly message: string
}

/** Reads a profile's YAML; the refusal names each wrong field with its line and what is allowed there. */
export function readProfile(source: string, origin: string): Result<VerificationProfile, ProfileRefusal> {
  const invalid = (problems: readonly string[]) =>
    refuse<ProfileRefusal>({ code: 'verifier_invalid', message: `${origin}: ${shownProblems(problems)}` })
  const read = readDocument(source, profileSchema)
  if (!read.ok) return invalid(read.refusal)
  const twice = duplicate([...(read.value.setup ?? []), ...read.value.phases].map((phase) => phase.id))
  return twice === undefined ? ok(toProfile(read.value, origin)) : invalid([`two phases are called ${twice}`])
}

function toProfile(document: ProfileDocument, origin: string): VerificationProfile {
  const { setup, ...rest } = document
  return sealProfile({
    ...rest,
    ...(setup === undefined ? {} : { setup: setup.map(toPhase) }),
    phases: document.phases.map(toPhase),
    found_by: origin,
  })
}

function toPhase({ command, cwd, env, results, kind, tool, focus, module, ...rest }: PhaseDocument): ProfilePhase {
  return {
    ...rest,
    argv: command,
    ...(kind === undefined ? {} : { kind }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(results === undefined ? {} : { results }),
    ...(tool === undefined ? {} : { tool }),
    ...(focus === undefined ? {} : { focus: toFocus(focus) }),
    ...(module === undefined ? {} : { module: toFocus(module) }),
  }
}

const toFocus = ({ command, ...rest }: NonNullable<PhaseDocument['focus']>): PhaseFocus => ({ ...rest, argv: command })

const duplicate = (ids: readonly string[]): string | undefined => ids.find((id, at) => ids.indexOf(id) !== at)
