import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import { PLACEHOLDERS } from './platform-reporters.ts'

/** Adds the version: the hash of everything that decides what is run, the platform's own reporters included; never of what is shown. */
export function sealProfile(profile: Omit<VerificationProfile, 'version'>): VerificationProfile {
  const { found_by: _, setup, phases, ...rest } = profile
  const deciding = {
    ...rest,
    phases: phases.map(unshown),
    ...(setup === undefined ? {} : { setup: setup.map(unshown) }),
  }
  const version = createHash('sha256')
    .update(canonicalJson([deciding, PLACEHOLDERS]))
    .digest('hex')
  return { ...profile, version }
}

function unshown(phase: ProfilePhase): Omit<ProfilePhase, 'shown'> {
  const { shown: _, ...deciding } = phase
  return deciding
}
