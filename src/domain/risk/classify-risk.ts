import { holds } from './condition.ts'
import type { ApprovalKind, AutonomyTier, RiskFacts, RiskTier } from './risk-facts.ts'
import { RISK_RULES, type RiskRule, type RiskSignal } from './risk-rules.ts'

/** Why a tier was given. */
interface RiskReason {
  readonly signal: RiskSignal
  readonly reason: string
  readonly tier: RiskTier
}

/** What a task may do at most, and why; a decision of rules, never of a model. */
export interface RiskAssessment {
  readonly tier: RiskTier
  readonly max_autonomy_tier: AutonomyTier
  readonly reasons: readonly RiskReason[]
  readonly required_approvals: readonly ApprovalKind[]
  readonly forbidden_actions: readonly string[]
}

/** From least to most. */
export const TIERS: readonly RiskTier[] = ['low', 'medium', 'high', 'critical']

/** The most severe of the rules that match; what they ask for adds up. No matching rule is low risk. */
export function classifyRisk(facts: RiskFacts, rules: readonly RiskRule[] = RISK_RULES): RiskAssessment {
  const matched = rules.filter((rule) => holds(rule.when, facts))
  const severity = Math.max(0, ...matched.map(({ tier }) => TIERS.indexOf(tier)))
  return {
    tier: TIERS[severity] ?? 'critical',
    max_autonomy_tier: matched.reduce<AutonomyTier>((least, rule) => lower(least, rule.max_autonomy_tier), 5),
    reasons: matched.map(({ signal, reason, tier }) => ({ signal, reason, tier })),
    required_approvals: [...new Set(matched.flatMap(({ approvals }) => approvals ?? []))],
    forbidden_actions: [...new Set(matched.flatMap(({ forbidden_actions }) => forbidden_actions ?? []))],
  }
}

const lower = (one: AutonomyTier, other: AutonomyTier): AutonomyTier => (one < other ? one : other)
