import { createHash } from 'node:crypto'
import { approvalFingerprint, type Approval } from '#domain/approval'
import type { Task } from '#domain/task'
import type { WantedLeave } from '#ports'
import type { Ending, Execution } from './execution.ts'

/** The question of whether an agent may do what it asked for; the run waits for a person's answer to exactly that. */
export function askForLeave(execution: Execution, wanted: WantedLeave): Ending {
  const { parts } = execution
  const { action, subject } = wanted
  return {
    kind: 'approval',
    request: {
      id: parts.identifiers.make('approval'),
      kind: 'leave',
      action,
      subject,
      fingerprint: fingerprintOf(execution, { action, subject }),
      policy_version: parts.policy.version,
      reason: `The guest asks to change ${subject.join(', ')}. ${wanted.reason}`,
    },
  }
}

/** The task with the protected files that a person agreed to for this run, under the policy of now. */
export async function withAgreedPaths(execution: Execution): Promise<Task> {
  const { parts, run, task } = execution
  const approvals = await parts.store.approvals(run.id)
  const agreed_paths = approvals
    .filter((approval) => approval.kind === 'leave' && approval.decision === 'approved')
    .filter((approval) => approval.fingerprint === fingerprintOf(execution, approval))
    .flatMap(({ subject }) => subject)
  return agreed_paths.length === 0 ? task : { ...task, scope: { ...task.scope, agreed_paths } }
}

function fingerprintOf({ parts, run }: Execution, { action, subject }: Pick<Approval, 'action' | 'subject'>): string {
  const bound = { run: run.id, action, subject, policy_version: parts.policy.version }
  return approvalFingerprint((text) => createHash('sha256').update(text).digest('hex'), bound)
}
