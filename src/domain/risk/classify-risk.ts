import { holds } from './condition.ts'
import type { ApprovalKind, AutonomyTier, RiskFacts, RiskTier } from './risk-facts.ts'
import { RISK_RULES, type RiskRule, type RiskSignal } from './risk-rules.ts'
import { TIER_TERMS, type TierTerms } from './tier-terms.ts'

/** Why a tier was given. */
interface RiskReason {
  readonly signal: RiskSignal
  readonly reason: string
  readonly tier: RiskTier
}

/** What a task may do at most, and why; a decision of rules, never of a model. */
export interface RiskAssessment extends TierTerms {
  readonly tier: RiskTier
  readonly max_autonomy_tier: AutonomyTier
  readonly reasons: readonly RiskReason[]
  readonly required_approvals: readonly ApprovalKind[]
}

/** From least to most. */
export const TIERS: readonly RiskTier[] = ['low', 'medium', 'high', 'critical']

/** The most severe of the rules that match; what they ask for adds up. No matching rule is low risk. */
export function classifyRisk(facts: RiskFacts, rules: readonly RiskRule[] = RISK_RULES): RiskAssessment {
  const matched = rules.filter((rule) => holds(rule.when, facts))
  const severity = Math.max(0, ...matched.map(({ tier }) => TIERS.indexOf(tier)))
  const tier = TIERS[severity] ?? 'critical'
  const { max_level, least_approvals, forbidden_actions } = TIER_TERMS[tier]
  return {
    tier,
    max_level,
    least_approvals,
    max_autonomy_tier: matched.reduce<AutonomyTier>((least, rule) => lower(least, rule.max_autonomy_tier), 5),
    reasons: matched.map((rule) => ({ signal: rule.signal, reason: rule.reason, tier: rule.tier })),
    required_approvals: [...new Set(matched.flatMap(({ approvals }) => approvals ?? []))],
    forbidden_actions: [...new Set([...forbidden_actions, ...matched.flatMap((rule) => rule.forbidden_actions ?? [])])],
  }
}

const lower = (one: AutonomyTier, other: AutonomyTier): AutonomyTier => (one < other ? one : other)
