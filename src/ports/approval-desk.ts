import type { Approval, ApprovalPreview, ApprovalRequest, ApprovalRequirement, AskedApproval } from '#domain/approval'
import type { RunId, TenantId } from '#domain/ids'
import type { Result } from '#domain/result'
import type { ApprovalKind } from '#domain/risk'
import type { Task } from '#domain/task'

/** A change that is about to leave the platform. */
export interface PublicationWish {
  readonly task: Task
  /** Paths it changes. */
  readonly paths: readonly string[]
  /** CODEOWNERS of the base commit; undefined where it has none. */
  readonly codeowners: string | undefined
  /** Kinds that policy, risk and capability ask for, each with the rule that does. */
  readonly required: readonly { readonly kind: ApprovalKind; readonly quorum: number; readonly why: string }[]
}

/** What the rules of an installation make of a question before it is put to people. */
export interface AskTerms {
  readonly requirements: readonly ApprovalRequirement[]
  readonly valid_minutes: number
  /** An earlier no to nearly the same question, which this one must name; null: there is none. */
  readonly escalated_from: NonNullable<ApprovalRequest['escalated_from']> | null
  /** Why it is not put to people at all: asked too often, or again too soon after a no; null: it may be asked. */
  readonly refused: string | null
}

/** What a worker asks the control plane about approvals. */
export interface ApprovalRules {
  /** Who must agree before this change leaves the platform; an empty list means nobody. */
  forPublication(wish: PublicationWish): Promise<readonly ApprovalRequirement[]>
  /** The terms of a question about to be asked; `asked` is how often this run has asked before. */
  terms(
    question: Pick<ApprovalRequest, 'kind' | 'action' | 'subject'> & {
      readonly requirements: readonly ApprovalRequirement[]
    },
    run: { readonly id: RunId; readonly task: Task; readonly asked: number },
  ): Promise<AskTerms>
  /** Whether a yes still counts now that it is to be used: roles are read again. The refusal says whose no longer does. */
  stillGood(approval: Approval, task: Task): Promise<Result<true, string>>
}

/** What waits for people, as a person's list shows it. */
export interface WaitingApproval {
  readonly approval: AskedApproval
  /** True where this person's yes would count. */
  readonly is_mine: boolean
  /** Why it would not; null where it would. */
  readonly because: string | null
  readonly preview: ApprovalPreview | null
}

/** Where people look at what is asked of them, and take an answer back. Answers go through the platform. */
export interface ApprovalDesk {
  waiting(
    tenant: TenantId,
    who: { readonly by: string; readonly principal_id?: string },
  ): Promise<readonly WaitingApproval[]>
  /** Takes a yes back before it is used. @throws GanderError `run_not_in_state`, `approval_not_yours` */
  revoke(
    run: RunId,
    answer: { readonly by: string; readonly reason: string; readonly principal_id?: string },
  ): Promise<void>
}

/** The desk of one tenant, as a platform offers it. */
export interface TenantApprovals {
  waiting(who: { readonly by: string; readonly principal_id?: string }): Promise<readonly WaitingApproval[]>
  revoke(...asked: Parameters<ApprovalDesk['revoke']>): Promise<void>
}
