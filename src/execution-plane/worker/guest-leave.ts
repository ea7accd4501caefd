import type { Task } from '#domain/task'
import type { WantedLeave } from '#ports'
import { approvalRequest, questionFingerprint } from './approval-question.ts'
import type { Ending, Execution } from './execution.ts'

/** The question of whether an agent may do what it asked for; the run waits for a person's answer to exactly that. */
export function askForLeave(execution: Execution, { action, subject, reason }: WantedLeave): Ending {
  const told = `The guest asks to change ${subject.join(', ')}. ${reason}`
  return { kind: 'approval', request: approvalRequest(execution, { kind: 'leave', action, subject, reason: told }) }
}

/** The task with the protected files that a person agreed to for this run, under the policy of now. */
export async function withAgreedPaths(execution: Execution): Promise<Task> {
  const { parts, run, task } = execution
  const approvals = await parts.store.approvals(run.id)
  const agreed_paths = approvals
    .filter((approval) => approval.kind === 'leave' && approval.decision === 'approved')
    .filter((approval) => approval.fingerprint === questionFingerprint(execution, approval))
    .flatMap(({ subject }) => subject)
  return agreed_paths.length === 0 ? task : { ...task, scope: { ...task.scope, agreed_paths } }
}
