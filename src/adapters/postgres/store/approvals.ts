import type { Approval } from '#domain/approval'
import type { RunId } from '#domain/ids'
import { query, type StoreContext } from './store-context.ts'

const APPROVALS = {
  name: 'approvals_of_run',
  text: `select a.id, a.run_id, a.kind, a.action, a.subject, a.fingerprint, a.policy_version, a.reason, a.requested_at,
      a.expires_at, a.decision, a.decided_by, a.decided_at, a.decision_reason
    from gander.approval a join gander.run r on r.tenant_id = a.tenant_id and r.id = a.run_id
    where r.id = $1 order by a.requested_at, a.id`,
}

/** What a run asked people for, in order, with their answers. */
export async function readApprovals(store: StoreContext, run: RunId): Promise<readonly Approval[]> {
  return query<Approval>(store.pool, APPROVALS, [run])
}
