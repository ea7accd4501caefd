import type { Task } from '#domain/task'
import type { WantedLeave } from '#ports'
import { answerTo, askPeople, isFor, takenUp } from './approval-question.ts'
import type { Ending, Execution } from './execution.ts'

/** The question of whether an agent may do what it asked for; the run waits for a person's answer to exactly that. */
export async function askForLeave(execution: Execution, { action, subject, reason }: WantedLeave): Promise<Ending> {
  const told = `The guest asks to change ${subject.join(', ')}. ${reason}`
  return askPeople(execution, { kind: 'leave', action, subject: [...subject].sort(), reason: told })
}

/**
 * The task with the protected files that a person agreed to for this run, under the policy of now. Each yes is taken up
 * once, on record, and then holds for the rest of the run.
 */
export async function withAgreedPaths(execution: Execution): Promise<Task> {
  const { parts, run, task, journal } = execution
  const approvals = await parts.store.approvals(run.id)
  const agreed_paths: string[] = []
  for (const approval of approvals) {
    if (approval.kind !== 'leave' || approval.decision !== 'approved' || !isFor(execution, approval, approval)) continue
    const key = `approval:leave:${approval.id}`
    const usable = journal.recorded(key) || (await answerTo(execution, approval))?.id === approval.id
    if (!usable) continue
    await journal.perform({ key, kind: 'gate', request: { subject: [...approval.subject] } }, async () =>
      takenUp(approval),
    )
    agreed_paths.push(...approval.subject)
  }
  return agreed_paths.length === 0 ? task : { ...task, scope: { ...task.scope, agreed_paths } }
}
