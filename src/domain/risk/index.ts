/**
 * How risky a task is: nine signals, each read by rules that are data, from facts the platform computed; what they allow
 * together, how a later reading raises an earlier one, and whose agreement a reading asks for.
 */
export { classifyRisk } from './classify-risk.ts'
export { factsOfChange, factsOfTask } from './gather-facts.ts'
export { RISK_RULES, RISK_SIGNALS } from './risk-rules.ts'
export {
  approvalsToPublish,
  isBeyondTier,
  readRisk,
  type RiskReading,
  type RiskStage,
} from './risk-reading.ts'
export type { ApprovalKind, AutonomyTier, RiskFacts } from './risk-facts.ts'
