import type { RunId } from '../ids/index.ts'
import { canonicalJson } from '../json/index.ts'
import type { Sha256 } from '../ledger/index.ts'

/**
 * Approvals: what a run may ask a person for, and the fingerprint that binds an answer to exactly that question.
 */

/** What is asked for. One answer is good for one act of one run, under one policy. */
export interface ApprovalRequest {
  readonly id: string
  /** `egress`: hosts of the setup; `leave`: what an agent asks to do with its own hands. */
  readonly kind: 'egress' | 'leave'
  /** The policy action that answered `ask`. */
  readonly action: string
  /** What the action is about: for `egress` the hosts, for `leave` the paths, sorted. */
  readonly subject: readonly string[]
  /** Hash over run, action, subject and policy version; the act is compared with it again. */
  readonly fingerprint: string
  readonly policy_version: string
  /** For the person who decides. */
  readonly reason: string
}

/** A request as it stands on record; an undecided one is good for 24 hours. */
export interface Approval extends ApprovalRequest {
  readonly run_id: RunId
  readonly requested_at: string
  readonly expires_at: string
  readonly decision: 'approved' | 'rejected' | null
  readonly decided_by: string | null
  readonly decided_at: string | null
  readonly decision_reason: string | null
}

/** What a person answered. */
export interface ApprovalAnswer {
  readonly decision: 'approved' | 'rejected'
  readonly by: string
  /** Empty where none was given. */
  readonly reason: string
}

type Bound = Pick<ApprovalRequest, 'action' | 'subject' | 'policy_version'> & { readonly run: RunId }

/** Hex SHA-256 of the canonical question; the order of the subject does not matter. */
export const approvalFingerprint = (sha256: Sha256, { run, action, subject, policy_version }: Bound): string =>
  sha256(`gander.approval.v1\n${canonicalJson({ run, action, subject: [...subject].sort(), policy_version })}`)
