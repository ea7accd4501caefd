import type { Approval } from '#domain/approval'
import type { Task } from '#domain/task'
import { answerTo, isFor, takenUp } from './approval-question.ts'
import type { Execution } from './execution.ts'

/**
 * The task with the paths that a person agreed to for this run, under the policy of now. Each yes is taken up
 * once, on record, and then holds for the rest of the run.
 */
export async function withAgreedPaths(execution: Execution): Promise<Task> {
  const { parts, run, task, journal } = execution
  const approvals = await parts.store.approvals(run.id)
  const agreed_paths: string[] = []
  for (const approval of approvals) {
    if (!isYesToPaths(approval) || !isFor(execution, approval, approval)) continue
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

const isYesToPaths = ({ kind, action, decision }: Approval): boolean =>
  kind === 'leave' && action === 'file.write' && decision === 'approved'
