import type { LedgerEvent } from '#domain/event'
import type { TenantId } from '#domain/ids'
import type { AuditReport, SignedCheckpoint } from '#domain/ledger'
import type { AuditFilter } from './audit-trail.ts'
import type { Page, PageWish } from './run-queries.ts'

/** What people ask of the audit trail. Whoever calls has asked whether the caller may (`audit.read`, `audit.export`). */
export interface Audit {
  /** Events that fit, the newest first. @throws GanderError `cursor_invalid` */
  list(tenant: TenantId, filter: AuditFilter, page: PageWish): Promise<Page<LedgerEvent>>
  /** Lays the chain, the checkpoints outside the database and the gateways' sequences beside each other. */
  verify(tenant: TenantId): Promise<AuditReport>
  /** The lines of a self-contained export, after a checkpoint of what is new; leaves an `audit_exported` event. */
  lines(tenant: TenantId, wish: { readonly since?: string; readonly by: string }): AsyncIterable<string>
  /** Signs what is new now; undefined where nothing is. */
  checkpoint(tenant: TenantId): Promise<SignedCheckpoint | undefined>
  /** Signed checkpoints as this installation's own place has them, in order. @throws GanderError `cursor_invalid` */
  checkpoints(tenant: TenantId, page: PageWish): Promise<Page<SignedCheckpoint>>
  /** The public key that signs here, and where checkpoints go. */
  key(): Promise<{ readonly key_id: string; readonly public_key: string; readonly places: readonly string[] }>
}
