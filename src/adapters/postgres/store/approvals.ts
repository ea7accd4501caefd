import type { Approval } from '#domain/approval'
import type { RunId } from '#domain/ids'
import { queryOf, type TenantContext } from './store-context.ts'

/** An approval with the yeses that stand, as every reader of it has it; the table is `a`. */
export const APPROVAL_COLUMNS = `a.id, a.run_id, a.kind, a.action, a.subject, a.fingerprint, a.policy_version, a.reason,
  a.requested_at, a.expires_at, a.decision, a.decided_by, a.decided_at, a.decision_reason, a.tree, a.nonce,
  a.requirements, a.on_timeout, a.preview, a.escalated_from, a.used_at, a.revoked_at, a.revoked_by, a.use_by,
  coalesce(a.decision in ('approved', 'changes_requested') and a.used_at is null and a.revoked_at is null
    and a.use_by > clock_timestamp(), false) as is_usable,
  (select json_agg(json_build_object('person', v.person, 'by', v.given_by, 'serves', v.serves) order by v.voted_at)
    from gander.approval_vote v
    where v.tenant_id = a.tenant_id and v.approval_id = a.id and v.withdrawn_at is null) as votes`

const APPROVALS = {
  name: 'approvals_of_run',
  text: `select ${APPROVAL_COLUMNS}
    from gander.approval a join gander.run r on r.tenant_id = a.tenant_id and r.id = a.run_id
    where r.id = $1 order by a.requested_at, a.id`,
}

type Nullable = 'tree' | 'nonce' | 'requirements' | 'on_timeout' | 'preview' | 'escalated_from' | 'votes'

/** A row as it arrives: what a request does not have is null. */
export type ApprovalRow = Omit<Approval, Nullable> & { readonly [field in Nullable]: Approval[field] | null }

/** The approval that a row holds; what the request did not have is absent. */
export function approvalOf(row: ApprovalRow): Approval {
  const { tree, nonce, requirements, on_timeout, preview, escalated_from, votes, ...rest } = row
  return {
    ...rest,
    ...(tree !== null && { tree }),
    ...(nonce !== null && { nonce }),
    ...(requirements !== null && { requirements }),
    ...(on_timeout !== null && { on_timeout }),
    ...(preview !== null && { preview }),
    ...(escalated_from !== null && { escalated_from }),
    ...(votes !== null && { votes }),
  }
}

/** What a run asked people for, in order, with their answers. */
export async function readApprovals(store: TenantContext, run: RunId): Promise<readonly Approval[]> {
  return (await queryOf<ApprovalRow>(store, APPROVALS, [run])).map(approvalOf)
}
