import type { EventDraft, EventName, LedgerEvent } from '#domain/event'
import type { RunId, TenantId } from '#domain/ids'
import type { ChainPosition, GatewayAct, GatewayHead } from '#domain/ledger'
import type { Page, PageWish } from './run-queries.ts'
import type { DataClass } from './artifact-store.ts'

/** Which events are wanted; absent means any. */
export interface AuditFilter {
  readonly run?: RunId | undefined
  readonly actor?: string | undefined
  readonly event?: EventName | undefined
  /** RFC 3339, inclusive. */
  readonly since?: string | undefined
  /** RFC 3339, exclusive. */
  readonly until?: string | undefined
}

/** An artifact as an audit lists it: never its bytes. */
export interface AuditArtifact {
  readonly run_id: string
  readonly kind: string
  readonly name: string
  readonly sha256: string
  readonly bytes: number
  readonly data_class: DataClass
  readonly expired_at: string | null
}

/** One record of a tenant's history, as it is read for an export or a verification. */
export type AuditRecord =
  | { readonly type: 'event'; readonly event: LedgerEvent }
  | { readonly type: 'act'; readonly act: GatewayAct }
  | { readonly type: 'artifact'; readonly artifact: AuditArtifact }

/** Where a tenant's chain and its gateways' sequences stand, at one moment of the database. */
export interface AuditHead {
  readonly chain: ChainPosition
  readonly gateways: readonly GatewayHead[]
  /** The database's time. */
  readonly read_at: string
}

/** What is on record about everything that was done. */
export interface AuditTrail {
  /** Tenants that have a chain. */
  tenants(): Promise<readonly TenantId[]>
  /** Events that fit, the newest first. @throws GanderError `cursor_invalid` */
  list(tenant: TenantId, filter: AuditFilter, page: PageWish): Promise<Page<LedgerEvent>>
  head(tenant: TenantId): Promise<AuditHead>
  /** A tenant's events after a position, in order, in pages. */
  chain(tenant: TenantId, after: number, limit: number): Promise<readonly LedgerEvent[]>
  /**
   * Everything as of one moment: events in order with acts between them by time, artifacts last. Memory stays bounded.
   * `since` leaves out older events and acts.
   */
  records(tenant: TenantId, since?: string): AsyncIterable<AuditRecord>
  /** Appends an event about the trail itself, such as an export that somebody took along. */
  note(tenant: TenantId, event: EventDraft): Promise<void>
}
