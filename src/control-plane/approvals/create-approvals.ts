import type { ApprovalAnswer } from '#domain/approval'
import type { Change } from '#domain/change'
import { GanderError, nextAction, type Diagnosed } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { Clock, Redactor, RunStore, RunView } from '#ports'
import { isOwnRequest, mayApprove } from './may-approve.ts'
import type { ApprovalRules } from './read-approval-rules.ts'
import { sealRejection, type Sealing } from './seal-rejection.ts'

interface ApprovalParts extends Sealing {
  readonly store: Pick<RunStore, 'decisions' | 'events' | 'command'>
  readonly redactor: Redactor
  readonly clock: Clock
  /** Read anew for each answer: rules that were tightened since the run asked count. @throws GanderError */
  readonly rules: () => Promise<ApprovalRules>
  /** The account that this process runs for. */
  readonly account: string
  /** What a run changed so far; undefined where nothing was. */
  readonly changeOf: (run: RunId) => Promise<Change | undefined>
}

/** Takes the answers of people. */
export interface Approvals {
  /** @throws GanderError `run_not_in_state` where the run waits for none, `approval_not_yours` where another must answer */
  answer(view: RunView, answer: ApprovalAnswer): Promise<void>
}

/** Makes the desk that takes answers. The record says where one is the requester's own. */
export function createApprovals(parts: ApprovalParts): Approvals {
  return {
    async answer(view, answer) {
      const { run } = view
      if (run.state !== 'awaiting_approval')
        throw new GanderError('run_not_in_state', `Run ${run.id} waits for no approval: it is ${run.state}.`, {
          remedy: `\`gander show ${run.id}\` tells where it stands.`,
        })
      const own_request = await checked(parts, view, answer)
      const reason = (await parts.redactor.redact(answer.reason)).text.slice(0, 500)
      const at = new Date(parts.clock.now()).toISOString()
      const asked = { type: 'decide_approval', approval: run.approval, at, ...answer, reason, own_request } as const
      const packet_sha256 =
        answer.decision === 'rejected' ? await packetOfNo(parts, view, rejection(run.id, answer.by, reason)) : undefined
      const done = await parts.store.command(run.id, { ...asked, ...(packet_sha256 && { packet_sha256 }) })
      if (!done.ok)
        throw new GanderError('run_not_in_state', done.refusal.message, {
          remedy: `\`gander show ${run.id}\` tells where it stands; a request that has expired can only be rejected, and \`gander continue\` then starts the task again.`,
        })
    },
  }
}

async function checked(parts: ApprovalParts, { run, task }: RunView, answer: ApprovalAnswer): Promise<boolean> {
  const wish = { requester: task.requester, by: answer.by, account: parts.account }
  if (answer.decision === 'approved' && !mayApprove(wish, await parts.rules()))
    throw new GanderError(
      'approval_not_yours',
      `Run ${run.id} was asked for by ${task.requester}, and the rules of this installation want another person to approve it.`,
    )
  return isOwnRequest(wish)
}

const rejection = (run: RunId, by: string, reason: string): Diagnosed => ({
  class: 'approval_denied',
  what: `${by} rejected what the run asked for.`,
  why: reason === '' ? 'No reason was given.' : reason,
  next: nextAction('approval_denied', run),
})

async function packetOfNo(parts: ApprovalParts, view: RunView, diagnosis: Diagnosed): Promise<string> {
  return sealRejection(parts, view, { diagnosis, change: await parts.changeOf(view.run.id) })
}
