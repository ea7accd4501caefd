import type { RunId } from '../ids/index.ts'
import { canonicalJson } from '../json/index.ts'
import type { Sha256 } from '../ledger/index.ts'
import type { ApprovalRequirement, ApprovalVote } from './requirement.ts'

/**
 * What is asked for. `egress`: hosts of the setup; `leave`: an act of the run or of its agent that policy lets a person
 * decide; `publication`: that a change leaves the platform; `checkpoint`: whether to go on after a phase, which gates no risky act.
 */
type RequestKind = 'egress' | 'leave' | 'publication' | 'checkpoint'

/** `changes_requested` answers a checkpoint only: the agent works on with the person's words. */
export type Decision = 'approved' | 'rejected' | 'changes_requested'

/** What a person sees before they answer; figures and names the platform computed, never an agent's words. */
export interface ApprovalPreview {
  readonly files: number
  readonly added_lines: number
  readonly deleted_lines: number
  /** At most 50; absent means that nothing was changed yet. */
  readonly paths?: readonly string[]
  readonly gates: readonly { readonly gate: string; readonly answer: string; readonly reason: string }[]
  readonly risk: { readonly tier: string; readonly reasons: readonly string[] } | null
  readonly cost_usd: number
}

/** What is asked for. One answer is good for one act of one run, under one policy. */
export interface ApprovalRequest {
  readonly id: string
  readonly kind: RequestKind
  /** The policy action that answered `ask`, or `checkpoint.after_PHASE`. */
  readonly action: string
  /** What the action is about, sorted: hosts, paths, or what a checkpoint looks at. */
  readonly subject: readonly string[]
  /** Hash over everything the answer is bound to; the act is compared with it again. */
  readonly fingerprint: string
  readonly policy_version: string
  /** For the person who decides. */
  readonly reason: string
  /** The tree that the act is about; absent binds none. */
  readonly tree?: string
  /** Drawn for this request alone, so that no two requests are alike; absent in requests of earlier versions. */
  readonly nonce?: string
  /** Who must agree; absent or empty: one person whom the rules of the installation let. */
  readonly requirements?: readonly ApprovalRequirement[]
  /** How long it may be answered, and a yes used; absent: 24 hours. */
  readonly valid_minutes?: number
  /** What no answer in time leads to; absent: it waits on, and a no or `gander continue` ends it. */
  readonly on_timeout?: 'stop' | 'continue'
  readonly preview?: ApprovalPreview
  /** An earlier no to nearly the same; absent: there is none. */
  readonly escalated_from?: { readonly approval: string; readonly by: string; readonly at: string }
}

/** A request as it stands on record. */
export interface Approval extends ApprovalRequest {
  readonly run_id: RunId
  readonly requested_at: string
  readonly expires_at: string
  readonly decision: Decision | null
  readonly decided_by: string | null
  readonly decided_at: string | null
  readonly decision_reason: string | null
  /** Yeses so far and those that made it approved; absent where one answer was enough. */
  readonly votes?: readonly ApprovalVote[]
  /** When its one use happened; null or absent: not yet. */
  readonly used_at?: string | null
  readonly revoked_at?: string | null
  readonly revoked_by?: string | null
  /** Until when a yes may be used; null while it is undecided. */
  readonly use_by?: string | null
  /** True where an answer may be used now, by the database's time. */
  readonly is_usable?: boolean
}

/** An approval somewhere in a tenant, with the task it is for. */
export interface AskedApproval extends Approval {
  readonly requester: string
  readonly repository: string
  readonly title: string
  readonly task_class: string
}

/** What a person answered. */
export interface ApprovalAnswer {
  readonly decision: Decision
  readonly by: string
  /** Empty where none was given. */
  readonly reason: string
  /** Who signed in, where somebody did; absent: the name was typed on the machine itself. */
  readonly principal_id?: string
  /** Of the request that was shown; the answer counts for that one only. Absent: for whatever the run asks now. */
  readonly fingerprint?: string
}

type Bound = Pick<ApprovalRequest, 'action' | 'subject' | 'policy_version' | 'tree' | 'nonce'> & { readonly run: RunId }

/** Hex SHA-256 of the canonical question; the order of the subject does not matter. */
export const approvalFingerprint = (
  sha256: Sha256,
  { run, action, subject, policy_version, tree, nonce }: Bound,
): string => {
  const digest = sha256(canonicalJson({ action, subject: [...subject].sort() }))
  const bound = { run, action_digest: digest, policy_version, tree: tree ?? null, nonce: nonce ?? null }
  return sha256(`gander.approval.v2\n${canonicalJson(bound)}`)
}
