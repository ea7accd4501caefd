// How risky a task is: nine signals, each read by rules that are data, and what they allow together.
export { classifyRisk, type RiskAssessment, type RiskReason } from './classify-risk.ts'
export { RISK_RULES, RISK_SIGNALS, type RiskRule, type RiskSignal } from './risk-rules.ts'
export type { ApprovalKind, AutonomyTier, RiskFacts, RiskTier } from './risk-facts.ts'
