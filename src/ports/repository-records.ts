import type { TenantId } from '#domain/ids'
import type { RunMode } from '#domain/task'
import type { Page, PageWish } from './run-queries.ts'

/** What was agreed for a repository when it was onboarded. */
export interface RepositoryAgreement {
  readonly owner_team: string | null
  readonly risk_tier: 'low' | 'medium' | 'high' | 'critical' | null
  /** Capabilities that may work there; null means every one, an empty list none. */
  readonly allowed_task_classes: readonly string[] | null
  /** Globs that no task may change, besides its own. */
  readonly forbidden_paths: readonly string[]
  /** The verification profile of tasks that name none; null means the platform chooses. */
  readonly verifier_profile: string | null
  readonly instructions_file: string | null
  readonly required_reviewers: readonly string[]
  /** The furthest a run may reach; null means no cap of its own. */
  readonly autonomy_max: RunMode | null
}

/** A repository of a tenant as it is on record. */
export interface RepositoryRecord extends RepositoryAgreement {
  /** The address as tasks name it. */
  readonly repository: string
  /** Grows with each change. */
  readonly version: number
  readonly changed_by: string
  readonly changed_at: string
}

/**
 * Repositories that were onboarded, for one tenant.
 * @throws GanderError `resource_changed` where a version is given and is not the current one
 */
export interface RepositoryRecords {
  list(tenant: TenantId, page: PageWish): Promise<Page<RepositoryRecord>>
  get(tenant: TenantId, repository: string): Promise<RepositoryRecord | undefined>
  /** Makes or changes the record, with its event; absent members stay as they are, or as a new record has them. */
  put(
    tenant: TenantId,
    repository: string,
    agreement: Partial<RepositoryAgreement>,
    by: { readonly name: string; readonly version?: number },
  ): Promise<RepositoryRecord>
}
