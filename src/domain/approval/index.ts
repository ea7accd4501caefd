/**
 * Approvals: what a run may ask people for, whose answers are enough, and the fingerprint that binds an answer to exactly
 * one question.
 */
export {
  approvalFingerprint,
  type Approval,
  type ApprovalAnswer,
  type ApprovalPreview,
  type ApprovalRequest,
  type AskedApproval,
  type Decision,
} from './approval.ts'
export {
  isComplete,
  stillMissing,
  type ApprovalNeed,
  type ApprovalRequirement,
  type ApprovalVote,
} from './requirement.ts'
export { createPeople, plainName, type People } from './people.ts'
export { isSimilar } from './similarity.ts'
