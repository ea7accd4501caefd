import { lowerBound, type Share } from './bounds.ts'
import type { RiskReading } from '../risk/index.ts'
import { ROLLOUT_PHASES, type PhaseNumber } from './rollout.ts'
import { reachOfTier, type Reach, type ReachCap } from './reach.ts'

/** What the rollout phase of a task class lets its runs do. */
export function phaseCap(phase: PhaseNumber): ReachCap {
  const { name, reach } = ROLLOUT_PHASES[phase]
  return { source: 'rollout_phase', reach, reason: `phase ${phase} (${name}) goes as far as ${reach}` }
}

/**
 * What a reading of risk lets a run do: nothing is written where its tier of autonomy only advises; a tier that edits
 * locally may publish what people agreed to.
 */
export function riskCap({ tier, max_autonomy_tier }: Pick<RiskReading, 'tier' | 'max_autonomy_tier'>): ReachCap {
  const cap = (reach: Reach, reason: string): ReachCap => ({ source: 'risk', reach, reason })
  if (max_autonomy_tier === 0) return cap('analysis_only', `${tier} risk lets an agent advise and write nothing`)
  if (max_autonomy_tier === 1) return cap('supervised_pr', `${tier} risk is published where people agreed`)
  return cap(reachOfTier(max_autonomy_tier), `${tier} risk leaves autonomy tier ${max_autonomy_tier}`)
}

/** As far as the repository's agreement goes; one that nobody brought in gets drafts that a person takes up. */
export function onboardingCap(agreed: { readonly autonomy_max: Reach | null } | undefined): ReachCap {
  if (agreed === undefined)
    return { source: 'onboarding', reach: 'draft_pr', reason: 'the repository is not onboarded' }
  const { autonomy_max } = agreed
  if (autonomy_max === null)
    return { source: 'onboarding', reach: 'fleet_campaign', reason: 'the repository is onboarded' }
  return {
    source: 'onboarding',
    reach: autonomy_max,
    reason: `the repository is agreed to go as far as ${autonomy_max}`,
  }
}

/**
 * What gates that weak can vouch for. `coverage` is the share of lines that tests reach, null where nobody measured;
 * `recall` counts bad changes that the gates caught, whose lower bound is what counts.
 */
export function gateStrengthCap(coverage: number | null, recall: Share): ReachCap {
  const caught = lowerBound(recall)
  const cap = (reach: Reach, reason: string): ReachCap => ({ source: 'gate_strength', reach, reason })
  if (coverage === null) return cap('draft_pr', 'nobody measured how much of the code its tests reach')
  if (coverage < 0.5) return cap('draft_pr', `tests reach ${percent(coverage)} of the lines, less than 50 %`)
  if (caught < 0.9)
    return cap('supervised_pr', `gates caught at least ${percent(caught)} of bad changes, less than 90 %`)
  if (coverage < 0.9 || caught < 0.98)
    return cap('autonomous_pr', `tests reach ${percent(coverage)} and gates caught at least ${percent(caught)}`)
  return cap('fleet_campaign', 'tests reach 90 % and gates caught 98 % of bad changes')
}

const percent = (share: number): string => `${Math.floor(share * 100)} %`
