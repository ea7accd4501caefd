/**
 * Approvals: decides whose answer counts, and records it once for the approval that a run waits for now. Owns the rules
 * of an installation about who may approve (GANDER_HOME/approvals.yaml) and the packet of a run that a person's no ends.
 */
export { createApprovals, type Approvals } from './create-approvals.ts'
export { readApprovalRules } from './read-approval-rules.ts'
