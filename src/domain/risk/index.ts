/**
 * How risky a task is: nine signals, each read by rules that are data, from facts the platform computed; what they allow
 * together with the terms of their tier, and how a later reading raises an earlier one.
 */
export { classifyRisk } from './classify-risk.ts'
export { factsOfChange, factsOfTask, registrationOf } from './gather-facts.ts'
export { RISK_RULES, RISK_SIGNALS } from './risk-rules.ts'
export { readRisk, type RiskReading, type RiskStage } from './risk-reading.ts'
export type { ApprovalKind, AutonomyTier, RiskFacts, RiskTier } from './risk-facts.ts'
