import type { ApprovalAnswer, ApprovalRequest, ApprovalVote } from '../approval/index.ts'
import type { Diagnosed } from '../failure/index.ts'
import type { WorkerId } from '../ids/index.ts'
import { refuse, type Result } from '../result/index.ts'
import type { RunState, WorkState } from './lifecycle.ts'
import type { PauseReason, RunFacts, Run } from './run.ts'

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
      /** Who says yes and for which kinds they count; absent: the one yes is enough. */
      readonly vote?: ApprovalVote
    } & Omit<ApprovalAnswer, 'principal_id'>)
  | {
      readonly type: 'revoke_approval'
      readonly approval: string
      /** Whose yes is taken back while others are still awaited. */
      readonly person: string
      readonly by: string
      readonly reason: string
    }
  | { readonly type: 'time_out_approval'; readonly approval: string; readonly outcome: 'stop' | 'continue' }
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
type ReturnReason = 'lease_expired' | 'worker_gave_back' | 'worker_left'

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
        /** Everybody whose yes counted, where more than one was needed. */
        readonly approvers?: readonly string[]
      }
    }
  | {
      readonly event: 'approval_voted'
      readonly facts: {
        readonly approval: string
        readonly approver: string
        readonly person: string
        readonly serves: ApprovalVote['serves']
        readonly reason: string
        readonly own_request?: boolean
      }
    }
  | {
      readonly event: 'approval_revoked'
      readonly facts: {
        readonly approval: string
        readonly approver: string
        readonly person: string
        readonly reason: string
      }
    }
  | {
      readonly event: 'approval_timed_out'
      readonly facts: { readonly approval: string; readonly outcome: 'stop' | 'continue' }
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
  readonly code: 'illegal_transition' | 'guard_unmet' | 'attempts_used_up' | 'already_answered'
  readonly from: RunState
  readonly to: RunState | null
  readonly message: string
}

/** What a command leads to, or why it does not. */
export type Decision = Result<readonly RunEvent[], RunRefusal>

/** The refusal of a move that the lifecycle has no arrow for. */
export function illegal(run: Run, to: RunState | null): Decision {
  const message = `a run that is ${run.state} cannot ${to === null ? 'resume' : `become ${to}`}`
  return refuse({ code: 'illegal_transition', from: run.state, to, message })
}
