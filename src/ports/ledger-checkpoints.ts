import type { TenantId } from '#domain/ids'
import type { SignedCheckpoint } from '#domain/ledger'

/** The key that signs checkpoints. It is kept outside the database. */
export interface LedgerKey {
  /** Hex SHA-256 of the public key's DER bytes. */
  readonly key_id: string
  /** PEM, for whoever verifies elsewhere. */
  readonly public_key: string
  /** Ed25519 over the text's UTF-8 bytes, in base64. */
  sign(text: string): string
}

/** A place outside the database that keeps checkpoints and only ever adds to them. */
export interface CheckpointPlace {
  /** Where it is, for people. */
  readonly where: string
  /** Tenants that have checkpoints here. */
  tenants(): Promise<readonly TenantId[]>
  /** The newest of a tenant; undefined where there is none. @throws GanderError `checkpoints_unreadable` */
  last(tenant: TenantId): Promise<SignedCheckpoint | undefined>
  /** A tenant's checkpoints in order, from after the given number. @throws GanderError `checkpoints_unreadable` */
  read(tenant: TenantId, after?: number): AsyncIterable<SignedCheckpoint>
  /**
   * Adds the next one, durably. One that is there already is left alone; one that does not follow is refused.
   * @throws GanderError `checkpoints_unwritable`
   */
  append(checkpoint: SignedCheckpoint): Promise<void>
}
