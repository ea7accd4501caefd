import type { TenantId } from '#domain/ids'
import type { RepositoryAgreement } from '#domain/task'
import type { Page, PageWish } from './run-queries.ts'

export type { RepositoryAgreement }

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
