import type { ApprovalRequest } from '../approval/index.ts'
import type { WorkerId } from '../ids/index.ts'
import { ok, refuse } from '../result/index.ts'
import { decideApproval, revokeApproval, timeOutApproval } from './answer-approval.ts'
import { illegal, type Decision, type RunCommand, type RunEvent } from './command.ts'
import { unmetGuard } from './guards.ts'
import { isActive, isEnd, successors, type WorkState } from './lifecycle.ts'
import { withEvidence, type PauseReason, type Run, type RunFacts } from './run.ts'

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
    case 'revoke_approval':
      return revokeApproval(run, command)
    case 'time_out_approval':
      return timeOutApproval(run, command)
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
  const kinds = (asked.requirements ?? []).map(({ kind }) => kind)
  const anybody = asked.kind === 'checkpoint' ? 'requester' : 'operator'
  const approver = kinds.length > 0 ? kinds.join(', ') : anybody
  const facts = { ...asked, approval: id, approver, evidence_packet: packet_sha256, return_to }
  return ok([{ event: 'approval_requested', facts }])
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
