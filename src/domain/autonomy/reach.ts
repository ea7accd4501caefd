import type { AutonomyTier } from '../risk/index.ts'

/** What a run may do, from least to most. */
export const REACHES = [
  'analysis_only',
  'dry_run_patch',
  'local_branch',
  'draft_pr',
  'supervised_pr',
  'autonomous_pr',
  'fleet_campaign',
] as const
export type Reach = (typeof REACHES)[number]

/** Tiers 4 and 5 reach no further into repositories than 3: they add packets and runbooks. */
const TIER_REACH: Readonly<Record<AutonomyTier, Reach>> = {
  0: 'analysis_only',
  1: 'local_branch',
  2: 'supervised_pr',
  3: 'fleet_campaign',
  4: 'fleet_campaign',
  5: 'fleet_campaign',
}

/** The most that a tier lets a run do. */
export const reachOfTier = (tier: AutonomyTier): Reach => TIER_REACH[tier]

/** Where a cap comes from. */
export type CapSource = 'tier' | 'risk' | 'policy' | 'capability' | 'onboarding' | 'gate_strength' | 'rollout_phase'

/** The most that one consideration lets a run do, and why. */
export interface ReachCap {
  readonly source: CapSource
  readonly reach: Reach
  readonly reason: string
}

/** What a run may do after all caps; `limited_by` is empty where it may do what was wanted. */
export interface ReachGrant {
  readonly wanted: Reach
  readonly reach: Reach
  readonly caps: readonly ReachCap[]
  readonly limited_by: readonly ReachCap[]
}

const rank = (reach: Reach): number => REACHES.indexOf(reach)

/** The lowest cap wins; no cap gives more than was wanted. */
export function capReach(wanted: Reach, caps: readonly ReachCap[]): ReachGrant {
  const least = caps.reduce((low, { reach }) => Math.min(low, rank(reach)), rank(wanted))
  const limited_by = caps.filter(({ reach }) => rank(reach) === least && least < rank(wanted))
  return { wanted, reach: REACHES[least] ?? 'analysis_only', caps, limited_by }
}
