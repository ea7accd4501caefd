/**
 * Approvals: decides whose answer counts, and records it once for the approval that a run waits for now; who must agree
 * to a change, on which terms a question is asked, and whether a yes still counts when it is used. Owns the rules of an
 * installation (GANDER_HOME/approvals.yaml) and the packet of a run that a person's no ends.
 */
export { createApprovalDesk } from './create-approval-desk.ts'
export { createApprovalRules } from './approval-rules.ts'
export { createApprovals, type Approvals } from './create-approvals.ts'
export { readApprovalRules } from './read-approval-rules.ts'
