import { createHash } from 'node:crypto'
import { approvalFingerprint, type ApprovalRequest } from '#domain/approval'
import type { Execution } from './execution.ts'

/** What a run asks a person for. */
type Question = Pick<ApprovalRequest, 'kind' | 'action' | 'subject' | 'reason'>

/** What binds an answer to exactly this question of this run, under the policy of now. */
export function questionFingerprint(
  { parts, run }: Execution,
  { action, subject }: Pick<Question, 'action' | 'subject'>,
): string {
  const bound = { run: run.id, action, subject, policy_version: parts.policy.version }
  return approvalFingerprint((text) => createHash('sha256').update(text).digest('hex'), bound)
}

/** The question as it goes on record. */
export const approvalRequest = (execution: Execution, question: Question): ApprovalRequest => ({
  ...question,
  id: execution.parts.identifiers.make('approval'),
  fingerprint: questionFingerprint(execution, question),
  policy_version: execution.parts.policy.version,
})
