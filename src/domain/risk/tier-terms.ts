import type { GateAuthority } from '../workflow/index.ts'
import type { RiskTier } from './risk-facts.ts'

/** What a tier asks for besides what its rules say. */
export interface TierTerms {
  /** The highest level of a run that leaves something behind; a patch that stays here may have any. */
  readonly max_level: GateAuthority
  /** The fewest people who must agree before a change leaves that is more than its tier of autonomy reaches. */
  readonly least_approvals: number
  /** Acts of the platform that are denied, whoever asks. */
  readonly forbidden_actions: readonly string[]
}

/** The terms of this version; they and the rules have one version together. */
export const TIER_TERMS: Readonly<Record<RiskTier, TierTerms>> = {
  low: { max_level: 4, least_approvals: 0, forbidden_actions: [] },
  medium: { max_level: 3, least_approvals: 0, forbidden_actions: [] },
  high: { max_level: 2, least_approvals: 1, forbidden_actions: [] },
  critical: { max_level: 1, least_approvals: 2, forbidden_actions: ['branch.push', 'pull_request.open'] },
}
