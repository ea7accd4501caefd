import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { VerificationProfile } from '#domain/verification'
import { PLACEHOLDERS } from './platform-reporters.ts'

/** Adds the version: the hash of everything that decides what is run, the platform's own reporters included. */
export function sealProfile(profile: Omit<VerificationProfile, 'version'>): VerificationProfile {
  const { found_by: _, ...deciding } = profile
  const version = createHash('sha256')
    .update(canonicalJson([deciding, PLACEHOLDERS]))
    .digest('hex')
  return { ...profile, version }
}
