import type { AskedApproval } from '#domain/approval'
import type { TenantId } from '#domain/ids'

/** What a tenant's runs asked people for, across runs. Time is the database's. */
export interface ApprovalRecords {
  /** What waits for an answer, the one that expires first in front; at most 200. */
  waiting(tenant: TenantId): Promise<readonly AskedApproval[]>
  /** What people refused for a repository in the last so many minutes, the newest first; at most 200. */
  refused(tenant: TenantId, repository: string, minutes: number): Promise<readonly AskedApproval[]>
  /** How many answers were given under any of these names in the last so many minutes. */
  answered(tenant: TenantId, names: readonly string[], minutes: number): Promise<number>
}
