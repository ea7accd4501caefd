/**
 * How risky a task is: nine signals, each read by rules that are data, from facts the platform computed; what they allow
 * together, how a later reading raises an earlier one, and whose agreement a reading asks for.
 */
export { classifyRisk, type RiskAssessment, type RiskReason } from './classify-risk.ts'
export { factsOfChange, factsOfTask, type RiskRegistration } from './gather-facts.ts'
export { RISK_RULES, RISK_SIGNALS, type RiskRule, type RiskSignal } from './risk-rules.ts'
export {
  approvalsToPublish,
  isBeyondTier,
  raised,
  readRisk,
  riskRulesVersion,
  TIER_REACH,
  type RiskReading,
  type RiskStage,
} from './risk-reading.ts'
export type { ApprovalKind, AutonomyTier, RiskFacts, RiskTier } from './risk-facts.ts'
