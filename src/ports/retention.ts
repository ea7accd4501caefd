import type { RunId, TenantId } from '#domain/ids'
import type { DataClass } from './artifact-store.ts'

/** An artifact that is still held, with what decides how long. */
export interface HeldArtifact {
  readonly id: string
  readonly run_id: RunId
  readonly kind: string
  readonly name: string
  readonly sha256: string
  readonly bytes: number
  readonly data_class: DataClass
  readonly created_at: string
}

/** A run whose recorded payloads (step outcomes, model answers) are old enough to go. */
export interface OldPayload {
  readonly run_id: RunId
  readonly of: 'step_outcome' | 'model_answer'
  readonly count: number
  readonly bytes: number
  /** SHA-256 over the hashes of what goes, in order. */
  readonly digest: string
}

/** A person's word that nothing of a run may be removed. */
export interface LegalHold {
  readonly run_id: RunId
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: string
}

/** Why an artifact expires: the rule's name and how many days it grants. */
export interface ExpiryReason {
  readonly rule: string
  readonly days: number
  readonly by: string
}

/** What is kept, how old it is, and the record of what was let go. Every change is one transaction with its events. */
export interface RetentionRecords {
  /** The database's time, which everything here goes by. */
  now(): Promise<string>
  /** Artifacts made before the moment that nothing protects: no live run, no legal hold; the oldest first. */
  candidates(tenant: TenantId, before: string, after: string | null, limit: number): Promise<readonly HeldArtifact[]>
  /** Hashes of the evidence packets sealed since the moment, so that what they name is kept. */
  packets(tenant: TenantId, since: string): Promise<readonly string[]>
  /** Marks an artifact as expired with its `artifact_expired` event; false where it was, or is protected by now. */
  expire(tenant: TenantId, artifact: HeldArtifact, reason: ExpiryReason): Promise<boolean>
  /** Hashes of expired artifacts whose bytes are not yet proved gone, in order, after the given one. */
  unremoved(tenant: TenantId, after: string, limit: number): Promise<readonly string[]>
  /** True where an unexpired artifact of the tenant has these bytes. */
  refers(tenant: TenantId, sha256: string): Promise<boolean>
  /** Notes that the bytes are gone, with its `artifact_deleted` event; once. */
  removed(tenant: TenantId, sha256: string, reason: string): Promise<void>
  /** Payloads of ended, unprotected runs that ended before the moment. */
  payloads(tenant: TenantId, of: OldPayload['of'], before: string, limit: number): Promise<readonly OldPayload[]>
  /** Empties a run's payloads with its `payload_expired` event; false where nothing was left or it is protected. */
  expirePayload(tenant: TenantId, payload: OldPayload, reason: ExpiryReason): Promise<boolean>
  holds(tenant: TenantId): Promise<readonly LegalHold[]>
  /** @throws GanderError `run_not_found` */
  hold(tenant: TenantId, run: RunId, by: string, reason: string): Promise<LegalHold>
  /** False where there was none. */
  release(tenant: TenantId, run: RunId, by: string, reason: string): Promise<boolean>
  /** Only one sweep or backup of a database at a time; undefined where another is under way. */
  exclusively<Value>(work: () => Promise<Value>): Promise<Value | undefined>
}

/** Removes bytes that nothing refers to any more. */
export interface ArtifactRemoval {
  /** `in_use`: they were put again just now, and stay. @throws GanderError `storage_unwritable` */
  remove(sha256: string): Promise<'removed' | 'absent' | 'in_use'>
}

/** What a sweep let go of, or would. */
export interface SweepReport {
  readonly expired: number
  readonly expired_bytes: number
  /** Artifacts by the rule they expired under. */
  readonly by_rule: { readonly [rule: string]: number }
  /** Contents whose bytes are proved gone. */
  readonly removed: number
  /** Old enough, but named by a packet that is still valid. */
  readonly kept_for_packets: number
  /** Expired, but somebody else holds or has just put the same bytes. */
  readonly kept_for_others: number
  /** Runs whose recorded payloads were emptied. */
  readonly payload_runs: number
  readonly payload_bytes: number
  /** Entries of memory that are used no more: lapsed, or of a repository or tenant that is closed. */
  readonly memory_expired: number
  /** Texts of expired entries that are gone. */
  readonly memory_erased: number
}

/** What a person may ask of retention. */
export interface Retention {
  /** How many days each kind of record is kept, by the rule's name. @throws GanderError `retention_rules_invalid` */
  rules(): Promise<{ readonly [rule: string]: number }>
  /** Lets go of what no rule keeps, in every tenant; undefined where another sweep or a backup is under way. */
  sweep(wish: { readonly dry_run: boolean }): Promise<SweepReport | undefined>
  holds(tenant: TenantId): Promise<readonly LegalHold[]>
  /** @throws GanderError `run_not_found` */
  hold(tenant: TenantId, run: RunId, by: string, reason: string): Promise<LegalHold>
  /** False where there was none. */
  release(tenant: TenantId, run: RunId, by: string, reason: string): Promise<boolean>
}
