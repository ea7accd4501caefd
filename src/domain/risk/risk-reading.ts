import { canonicalJson } from '../json/index.ts'
import type { Sha256 } from '../ledger/index.ts'
import { classifyRisk, TIERS, type RiskAssessment } from './classify-risk.ts'
import type { RiskFacts } from './risk-facts.ts'
import { RISK_RULES } from './risk-rules.ts'
import { TIER_TERMS } from './tier-terms.ts'

/** `intake`: from contract and base commit, before anything is planned; `change`: from what was really changed. */
export type RiskStage = 'intake' | 'change'

/** An assessment as it goes on record. */
export interface RiskReading extends RiskAssessment {
  readonly stage: RiskStage
  /** Hash of the rules that decided. */
  readonly rules: string
  /** What they decided about, computed by the platform. */
  readonly facts: RiskFacts
}

/** Hash of the rules and terms of this program. */
const riskRulesVersion = (sha256: Sha256): string => sha256(canonicalJson({ rules: RISK_RULES, terms: TIER_TERMS }))

/** Reads the risk of a task at a stage; a later reading can only raise what an earlier one said. */
export function readRisk(
  sha256: Sha256,
  read: { readonly stage: RiskStage; readonly facts: RiskFacts; readonly before?: RiskReading },
): RiskReading {
  const { stage, facts, before } = read
  const now = classifyRisk(facts)
  return { ...(before === undefined ? now : raised(before, now)), stage, rules: riskRulesVersion(sha256), facts }
}

/** Both at once: the higher tier, the lower autonomy and level, every reason, approval and forbidden act of either. */
function raised(one: RiskAssessment, other: RiskAssessment): RiskAssessment {
  const reasons = [...one.reasons, ...other.reasons]
  return {
    tier: TIERS[Math.max(TIERS.indexOf(one.tier), TIERS.indexOf(other.tier))] ?? 'critical',
    max_autonomy_tier:
      one.max_autonomy_tier < other.max_autonomy_tier ? one.max_autonomy_tier : other.max_autonomy_tier,
    max_level: one.max_level < other.max_level ? one.max_level : other.max_level,
    least_approvals: Math.max(one.least_approvals, other.least_approvals),
    reasons: reasons.filter(({ reason }, at) => reasons.findIndex((each) => each.reason === reason) === at),
    required_approvals: [...new Set([...one.required_approvals, ...other.required_approvals])],
    forbidden_actions: [...new Set([...one.forbidden_actions, ...other.forbidden_actions])],
  }
}
