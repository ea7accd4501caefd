import { nextAction, type Diagnosed } from '../failure/index.ts'
import type { ApprovalAnswer, ApprovalRequest } from '../approval/index.ts'
import type { WorkerId } from '../ids/index.ts'
import { refuse, ok, type Result } from '../result/index.ts'
import { unmetGuard } from './guards.ts'
import { isActive, isEnd, successors, type RunState, type WorkState } from './lifecycle.ts'
import { withEvidence, type PauseReason, type Run, type RunFacts } from './run.ts'

/** What can be asked of a run. `evidence` goes on record with the move and is what the guard of the move reads. */
export type RunCommand =
  | { readonly type: 'lease'; readonly worker: WorkerId }
  | { readonly type: 'resume' }
  | { readonly type: 'advance'; readonly to: WorkState; readonly evidence: Partial<RunFacts> }
  | { readonly type: 'return_to_queue'; readonly reason: ReturnReason }
  | { readonly type: 'pause'; readonly reason: PauseReason; readonly explanation: string }
  | { readonly type: 'await_approval'; readonly approval: ApprovalRequest }
  | ({
      readonly type: 'decide_approval'
      readonly approval: string
      readonly at: string
      /** True where the requester answers their own request; absent where that is not known. */
      readonly own_request?: boolean
      /** The packet of a run that a no ends; absent, what the run has stays. */
      readonly packet_sha256?: string
    } & ApprovalAnswer)
  | { readonly type: 'continue'; readonly by: string }
  | {
      readonly type: 'complete'
      readonly packet_sha256: string
      readonly summary: string
      readonly evidence?: Partial<RunFacts>
    }
  | {
      readonly type: 'end'
      readonly state: 'blocked_policy' | 'needs_human' | 'failed'
      readonly diagnosis: Diagnosed
      readonly packet_sha256: string | null
    }
  | { readonly type: 'request_cancel'; readonly by: string }
  | { readonly type: 'cancel'; readonly by: string }

/** Why a run is worked on no more. A worker that left says nothing about the run, so its attempt does not count. */
export type ReturnReason = 'lease_expired' | 'worker_gave_back' | 'worker_left'

/** A fact about a run, in the past tense; folding them in order gives the run. */
export type RunEvent =
  | {
      readonly event: 'run_leased'
      readonly facts: { readonly worker: WorkerId; readonly fence: number; readonly attempt: number }
    }
  | {
      readonly event: 'run_returned_to_queue'
      readonly facts: { readonly reason: string; readonly fence: number; readonly resume_to: WorkState | null }
    }
  | {
      readonly event: 'run_state_changed'
      readonly facts: { readonly from: RunState; readonly to: WorkState; readonly evidence: Partial<RunFacts> }
    }
  | {
      readonly event: 'run_paused'
      readonly facts: { readonly reason: PauseReason; readonly return_to: WorkState; readonly explanation: string }
    }
  | {
      readonly event: 'approval_requested'
      readonly facts: Omit<ApprovalRequest, 'id'> & {
        readonly approval: string
        readonly approver: string
        readonly evidence_packet: string | null
        readonly return_to: WorkState
      }
    }
  | {
      readonly event: 'approval_decision'
      readonly facts: {
        readonly approval: string
        readonly approver: string
        readonly decision: ApprovalAnswer['decision']
        readonly reason: string
        readonly timestamp: string
        readonly own_request?: boolean
      }
    }
  | { readonly event: 'run_continued'; readonly facts: { readonly return_to: WorkState; readonly by: string } }
  | { readonly event: 'run_cancel_requested'; readonly facts: { readonly by: string } }
  | { readonly event: 'run_cancelled'; readonly facts: { readonly by: string } }
  | { readonly event: 'run_failed'; readonly facts: Diagnosed & { readonly terminal_state: string } }
  | {
      readonly event: 'run_completed'
      readonly facts: {
        readonly terminal_state: string
        readonly summary: string
        readonly packet_sha256: string | null
        readonly evidence?: Partial<RunFacts>
      }
    }

/** Why a command was refused; the run is as it was. */
export interface RunRefusal {
  readonly code: 'illegal_transition' | 'guard_unmet' | 'attempts_used_up'
  readonly from: RunState
  readonly to: RunState | null
  readonly message: string
}

type Decision = Result<readonly RunEvent[], RunRefusal>

/** Decides what a command leads to. Pure: the same run and command give the same events. */
export function decide(run: Run, command: RunCommand): Decision {
  switch (command.type) {
    case 'lease':
      return lease(run, command.worker)
    case 'resume':
      return resume(run)
    case 'advance':
      return advance(run, command.to, command.evidence)
    case 'return_to_queue':
      return returnToQueue(run, command.reason)
    case 'pause':
      return pause(run, command.reason, command.explanation)
    case 'await_approval':
      return awaitApproval(run, command.approval)
    case 'decide_approval':
      return decideApproval(run, command)
    case 'continue':
      if (run.state !== 'paused') return illegal(run, 'queued')
      return ok([{ event: 'run_continued', facts: { return_to: run.return_to, by: command.by } }])
    case 'complete':
      return complete(run, command)
    case 'end':
      return end(run, command)
    case 'request_cancel':
      return requestCancel(run, command.by)
    case 'cancel':
      if (!successors(run.state).includes('cancelled')) return illegal(run, 'cancelled')
      return ok(cancelled(command.by, run.facts.packet_sha256))
    default:
      return command satisfies never
  }
}

function lease(run: Run, worker: WorkerId): Decision {
  if (run.state !== 'queued') return illegal(run, 'leased')
  if (run.attempts >= run.max_attempts)
    return refuse({
      code: 'attempts_used_up',
      from: run.state,
      to: 'leased',
      message: `${run.attempts} workers have tried this run`,
    })
  return ok([{ event: 'run_leased', facts: { worker, fence: run.fence + 1, attempt: run.attempts + 1 } }])
}

function resume(run: Run): Decision {
  if (run.state !== 'leased' || run.resume_to === null) return illegal(run, null)
  return ok([{ event: 'run_state_changed', facts: { from: 'leased', to: run.resume_to, evidence: {} } }])
}

function advance(run: Run, to: WorkState, evidence: Partial<RunFacts>): Decision {
  if (!successors(run.state).includes(to)) return illegal(run, to)
  if (run.state === 'leased' && to !== 'preparing') return illegal(run, to)
  if (run.state === 'leased' && run.resume_to !== null) return illegal(run, to)
  const unmet = unmetGuard(run.state, to, { ...run, facts: withEvidence(run.facts, evidence) }, run.facts)
  if (unmet !== undefined)
    return refuse({ code: 'guard_unmet', from: run.state, to, message: `${to} is entered only ${unmet}` })
  return ok([{ event: 'run_state_changed', facts: { from: run.state, to, evidence } }])
}

function returnToQueue(run: Run, reason: string): Decision {
  if (!isActive(run.state)) return illegal(run, 'queued')
  return ok([{ event: 'run_returned_to_queue', facts: { reason, fence: run.fence, resume_to: whereItIs(run) } }])
}

function pause(run: Run, reason: PauseReason, explanation: string): Decision {
  const return_to = whereItIs(run)
  if (!isActive(run.state) || return_to === null) return illegal(run, 'paused')
  return ok([{ event: 'run_paused', facts: { reason, return_to, explanation } }])
}

function awaitApproval(run: Run, { id, ...asked }: ApprovalRequest): Decision {
  const return_to = whereItIs(run)
  if (!isActive(run.state) || return_to === null) return illegal(run, 'awaiting_approval')
  const { packet_sha256 } = run.facts
  const facts = { ...asked, approval: id, approver: 'operator', evidence_packet: packet_sha256, return_to }
  return ok([{ event: 'approval_requested', facts }])
}

/** An answer counts once, and only for the approval that the run waits for. */
function decideApproval(run: Run, answer: Extract<RunCommand, { type: 'decide_approval' }>): Decision {
  const { approval, decision, by, reason, at, own_request } = answer
  if (run.state !== 'awaiting_approval' || run.approval !== approval)
    return illegal(run, decision === 'approved' ? 'queued' : 'blocked_policy')
  const decided: RunEvent = {
    event: 'approval_decision',
    facts: {
      approval,
      approver: by,
      decision,
      reason,
      timestamp: at,
      ...(own_request === undefined ? {} : { own_request }),
    },
  }
  if (decision === 'approved') return ok([decided, { event: 'run_continued', facts: { return_to: run.return_to, by } }])
  const diagnosis: Diagnosed = {
    class: 'approval_denied',
    what: `${by} rejected what the run asked for.`,
    why: reason === '' ? 'No reason was given.' : reason,
    next: nextAction('approval_denied', run.id),
  }
  const packet_sha256 = answer.packet_sha256 ?? run.facts.packet_sha256
  const ended = { terminal_state: 'blocked_policy', summary: diagnosis.what, packet_sha256 }
  return ok([
    decided,
    { event: 'run_failed', facts: { ...diagnosis, terminal_state: 'blocked_policy' } },
    { event: 'run_completed', facts: ended },
  ])
}

function complete(run: Run, command: Extract<RunCommand, { type: 'complete' }>): Decision {
  const { packet_sha256, summary, evidence = {} } = command
  if (!successors(run.state).includes('completed')) return illegal(run, 'completed')
  const facts = withEvidence(run.facts, { ...evidence, packet_sha256 })
  const unmet = unmetGuard(run.state, 'completed', { ...run, facts }, run.facts)
  if (unmet !== undefined)
    return refuse({
      code: 'guard_unmet',
      from: run.state,
      to: 'completed',
      message: `a run completes only ${unmet}`,
    })
  return ok([{ event: 'run_completed', facts: { terminal_state: 'completed', summary, packet_sha256, evidence } }])
}

function end(run: Run, command: Extract<RunCommand, { type: 'end' }>): Decision {
  const { state, diagnosis, packet_sha256 } = command
  const exhaustedInQueue = run.state === 'queued' && state === 'failed' && run.attempts >= run.max_attempts
  if (!successors(run.state).includes(state) && !exhaustedInQueue) return illegal(run, state)
  return ok([
    { event: 'run_failed', facts: { ...diagnosis, terminal_state: state } },
    { event: 'run_completed', facts: { terminal_state: state, summary: diagnosis.what, packet_sha256 } },
  ])
}

function requestCancel(run: Run, by: string): Decision {
  if (isEnd(run.state)) return illegal(run, 'cancelled')
  if (isActive(run.state)) return ok([{ event: 'run_cancel_requested', facts: { by } }])
  return ok(cancelled(by, run.facts.packet_sha256))
}

function cancelled(by: string, packet_sha256: string | null): readonly RunEvent[] {
  return [
    { event: 'run_cancelled', facts: { by } },
    { event: 'run_completed', facts: { terminal_state: 'cancelled', summary: `Cancelled by ${by}.`, packet_sha256 } },
  ]
}

function whereItIs(run: Run): WorkState | null {
  if (run.state === 'leased') return run.resume_to
  return 'lease' in run ? run.state : null
}

function illegal(run: Run, to: RunState | null): Decision {
  const message = `a run that is ${run.state} cannot ${to === null ? 'resume' : `become ${to}`}`
  return refuse({ code: 'illegal_transition', from: run.state, to, message })
}
