import { canonicalJson } from '../json/index.ts'
import type { Sha256 } from '../ledger/index.ts'
import { classifyRisk, TIERS, type RiskAssessment } from './classify-risk.ts'
import type { ApprovalKind, AutonomyTier, RiskFacts } from './risk-facts.ts'
import { RISK_RULES } from './risk-rules.ts'

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

/** Hash of the rules of this program. */
const riskRulesVersion = (sha256: Sha256): string => sha256(canonicalJson(RISK_RULES))

/** Reads the risk of a task at a stage; a later reading can only raise what an earlier one said. */
export function readRisk(
  sha256: Sha256,
  read: { readonly stage: RiskStage; readonly facts: RiskFacts; readonly before?: RiskReading },
): RiskReading {
  const { stage, facts, before } = read
  const now = classifyRisk(facts)
  return { ...(before === undefined ? now : raised(before, now)), stage, rules: riskRulesVersion(sha256), facts }
}

/** Both at once: the higher tier, the lower autonomy, every reason, approval and forbidden act of either. */
function raised(one: RiskAssessment, other: RiskAssessment): RiskAssessment {
  const reasons = [...one.reasons, ...other.reasons]
  return {
    tier: TIERS[Math.max(TIERS.indexOf(one.tier), TIERS.indexOf(other.tier))] ?? 'critical',
    max_autonomy_tier:
      one.max_autonomy_tier < other.max_autonomy_tier ? one.max_autonomy_tier : other.max_autonomy_tier,
    reasons: reasons.filter(({ reason }, at) => reasons.findIndex((each) => each.reason === reason) === at),
    required_approvals: [...new Set([...one.required_approvals, ...other.required_approvals])],
    forbidden_actions: [...new Set([...one.forbidden_actions, ...other.forbidden_actions])],
  }
}

/** What a tier reaches at most without an explicit approval, in the words of rollout modes. */
const TIER_REACH = {
  0: 'analysis_only',
  1: 'local_branch',
  2: 'supervised_pr',
  3: 'fleet_campaign',
  4: 'fleet_campaign',
  5: 'fleet_campaign',
} as const satisfies Readonly<Record<AutonomyTier, string>>

/** From least to most; every mode a task can ask for is among them. */
const REACHES = [
  'analysis_only',
  'dry_run_patch',
  'local_branch',
  'draft_pr',
  'supervised_pr',
  'autonomous_pr',
  'fleet_campaign',
]

/** True where a mode is more than a tier reaches by itself; an unknown mode is. */
export const isBeyondTier = (mode: string, tier: AutonomyTier): boolean => {
  const wanted = REACHES.indexOf(mode)
  return wanted === -1 || wanted > REACHES.indexOf(TIER_REACH[tier])
}

/**
 * Who must agree before a change may leave the platform in this mode. Nobody, where the mode is within the tier: then
 * the reading's approvals are owed before a merge. Beyond it, everyone the reading names, and at least a reviewer.
 */
export function approvalsToPublish(
  risk: Pick<RiskAssessment, 'max_autonomy_tier' | 'required_approvals'>,
  mode: string,
): readonly ApprovalKind[] {
  if (!isBeyondTier(mode, risk.max_autonomy_tier)) return []
  return risk.required_approvals.length === 0 ? ['reviewer'] : risk.required_approvals
}
