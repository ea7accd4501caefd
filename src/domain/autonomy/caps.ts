import { lowerBound, type Share } from './bounds.ts'
import { ROLLOUT_PHASES, type PhaseNumber } from './rollout.ts'
import type { ReachCap } from './reach.ts'

/** What the rollout phase of a task class lets its runs do. */
export function phaseCap(phase: PhaseNumber): ReachCap {
  const { name, reach } = ROLLOUT_PHASES[phase]
  return { source: 'rollout_phase', reach, reason: `phase ${phase} (${name}) goes as far as ${reach}` }
}

/** A repository that nobody brought in under a contract gets drafts that a person takes up. */
export const onboardingCap = (onboarded: boolean): ReachCap =>
  onboarded
    ? { source: 'onboarding', reach: 'fleet_campaign', reason: 'the repository is onboarded' }
    : { source: 'onboarding', reach: 'draft_pr', reason: 'the repository is not onboarded' }

/**
 * What gates that weak can vouch for. `coverage` is the share of lines that tests reach, null where nobody measured;
 * `recall` counts bad changes that the gates caught, whose lower bound is what counts.
 */
export function gateStrengthCap(coverage: number | null, recall: Share): ReachCap {
  const caught = lowerBound(recall)
  const cap = (reach: ReachCap['reach'], reason: string): ReachCap => ({ source: 'gate_strength', reach, reason })
  if (coverage === null) return cap('draft_pr', 'nobody measured how much of the code its tests reach')
  if (coverage < 0.5) return cap('draft_pr', `tests reach ${percent(coverage)} of the lines, less than 50 %`)
  if (caught < 0.9)
    return cap('supervised_pr', `gates caught at least ${percent(caught)} of bad changes, less than 90 %`)
  if (coverage < 0.9 || caught < 0.98)
    return cap('autonomous_pr', `tests reach ${percent(coverage)} and gates caught at least ${percent(caught)}`)
  return cap('fleet_campaign', 'tests reach 90 % and gates caught 98 % of bad changes')
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`
