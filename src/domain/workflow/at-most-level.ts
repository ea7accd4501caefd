import { BUILT_IN_PROFILES } from './built-in-profiles.ts'
import type { GateAuthority, PhaseRule, WorkflowPhase, WorkflowProfile } from './profile.ts'

/**
 * The profile with no more authority for gates than a level gives them: where people are asked at that level they are
 * asked, and where it aborts or asks nothing only warns. What the profile asks for beyond that stays.
 */
export function atMostLevel(profile: WorkflowProfile, level: GateAuthority): WorkflowProfile {
  if (profile.level <= level) return profile
  const least = BUILT_IN_PROFILES[level].phases
  const phases = Object.fromEntries(
    Object.entries(profile.phases).map(([phase, own]) => [phase, stricter(own, least[phase as WorkflowPhase])]),
  ) as WorkflowProfile['phases']
  return { ...profile, level, phases }
}

const stricter = (own: PhaseRule, least: PhaseRule): PhaseRule => ({
  disposition: own.disposition === 'abort' ? 'abort' : least.disposition,
  checkpoint: own.checkpoint ?? least.checkpoint,
})
