import type { Task } from '#domain/task'
import type { WantedLeave } from '#ports'
import { askPeople, isFor } from './approval-question.ts'
import type { Ending, Execution } from './execution.ts'

/** The question of whether an agent may do what it asked for; the run waits for a person's answer to exactly that. */
export async function askForLeave(execution: Execution, { action, subject, reason }: WantedLeave): Promise<Ending> {
  const told = `The guest asks to change ${subject.join(', ')}. ${reason}`
  return askPeople(execution, { kind: 'leave', action, subject: [...subject].sort(), reason: told })
}

/** The task with the protected files that a person agreed to for this run, under the policy of now, and still does. */
export async function withAgreedPaths(execution: Execution): Promise<Task> {
  const { parts, run, task } = execution
  const approvals = await parts.store.approvals(run.id)
  const agreed_paths = approvals
    .filter(({ kind, decision, revoked_at }) => kind === 'leave' && decision === 'approved' && !revoked_at)
    .filter((approval) => isFor(execution, approval, approval))
    .flatMap(({ subject }) => subject)
  return agreed_paths.length === 0 ? task : { ...task, scope: { ...task.scope, agreed_paths } }
}
