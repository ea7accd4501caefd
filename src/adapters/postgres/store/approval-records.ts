import type { AskedApproval } from '#domain/approval'
import type { TenantId } from '#domain/ids'
import type { ApprovalRecords } from '#ports'
import type { Database } from '../database/open-database.ts'
import { APPROVAL_COLUMNS, approvalOf, type ApprovalRow } from './approvals.ts'
import { queryOf } from './store-context.ts'

const ASKED = `select ${APPROVAL_COLUMNS}, t.contract ->> 'requester' as requester, t.repository, t.title,
    t.capability as task_class
  from gander.approval a join gander.run r on r.tenant_id = a.tenant_id and r.id = a.run_id
  join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id`
const WAITING = {
  name: 'approvals_waiting',
  text: `${ASKED} where a.tenant_id = $1 and a.decision is null and r.state = 'awaiting_approval'
    and r.detail ->> 'approval' = a.id order by a.expires_at, a.id limit 200`,
}
const REFUSED = {
  name: 'approvals_refused',
  text: `${ASKED} where a.tenant_id = $1 and t.repository = $2 and a.decision = 'rejected'
    and a.decided_by <> 'timeout' and a.decided_at > clock_timestamp() - make_interval(mins => $3)
    order by a.decided_at desc limit 200`,
}
const ANSWERED = {
  name: 'approvals_answered_by',
  text: `select count(*)::integer as count from gander.approval_answer
    where tenant_id = $1 and given_by = any($2) and answered_at > clock_timestamp() - make_interval(mins => $3)`,
}

type AskedRow = ApprovalRow & Pick<AskedApproval, 'requester' | 'repository' | 'title' | 'task_class'>

/** Approvals across the runs of a tenant. @throws GanderError `database_unavailable` from every method */
export function createApprovalRecords({
  database: { pool },
}: {
  readonly database: Pick<Database, 'pool'>
}): ApprovalRecords {
  const read = async (tenant: TenantId, values: readonly unknown[], statement: typeof WAITING) =>
    (await queryOf<AskedRow>({ pool, tenant }, statement, values)).map((row): AskedApproval => {
      const { requester, repository, title, task_class } = row
      return { ...approvalOf(row), requester, repository, title, task_class }
    })
  return {
    waiting: (tenant) => read(tenant, [tenant], WAITING),
    refused: (tenant, repository, minutes) => read(tenant, [tenant, repository, minutes], REFUSED),
    answered: async (tenant, names, minutes) => {
      const [row] = await queryOf<{ count: number }>({ pool, tenant }, ANSWERED, [tenant, names, minutes])
      return row?.count ?? 0
    },
  }
}
