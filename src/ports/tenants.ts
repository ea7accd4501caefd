import type { TenantId } from '#domain/ids'
import type { Page, PageWish } from './run-queries.ts'

/** A tenant of the installation. */
export interface TenantRecord {
  readonly tenant_id: TenantId
  readonly name: string
  readonly created_at: string
  /** From then on nobody of it is let in; null while it is open. */
  readonly closed_at: string | null
  /** Grows with each change. */
  readonly version: number
}

/**
 * The tenants there are. Only whoever runs the installation may be given more than their own; this port does not ask.
 * @throws GanderError `tenant_not_found`, and `resource_changed` where a version is given and is not the current one
 */
export interface Tenants {
  list(page: PageWish): Promise<Page<TenantRecord>>
  get(tenant: TenantId): Promise<TenantRecord | undefined>
  create(name: string, by: string): Promise<TenantRecord>
  /** Keeps everything that is on record; nobody is let in any more. */
  close(tenant: TenantId, by: string, version?: number): Promise<TenantRecord>
}
