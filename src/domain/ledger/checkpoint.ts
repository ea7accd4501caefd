import type { TenantId } from '../ids/index.ts'
import { canonicalJson } from '../json/index.ts'
import { GENESIS_HASH, type ChainPosition, type Sha256 } from './chain.ts'
import type { GatewayHead } from './gateway-act.ts'

const DOMAIN = 'gander.checkpoint.v1'

/**
 * What a tenant's chain came to at a moment, kept outside the database and signed with a key the database never sees.
 * Checkpoints of a tenant count from 1 and each names the hash of the one before, so none can be taken out or put in.
 */
export interface Checkpoint extends ChainPosition {
  readonly tenant_id: TenantId
  readonly number: number
  /** How far each gateway's own sequence had come. */
  readonly gateways: readonly GatewayHead[]
  readonly previous_hash: string
  /** RFC 3339 in UTC, the database's time. */
  readonly made_at: string
  /** Hex SHA-256 of the public key's DER bytes. */
  readonly key_id: string
}

/** A checkpoint with the Ed25519 signature of its text, in base64. */
export interface SignedCheckpoint extends Checkpoint {
  readonly signature: string
}

/** True when the signature of the text was made by the key of that id. */
export type VerifySignature = (text: string, signature: string, key_id: string) => boolean

/** The bytes that are signed; members a checkpoint does not have are left out. */
export function checkpointText(checkpoint: Checkpoint): string {
  const { tenant_id, number, seq, hash, gateways, previous_hash, made_at, key_id } = checkpoint
  return `${DOMAIN}\n${canonicalJson({ tenant_id, number, seq, hash, gateways, previous_hash, made_at, key_id })}`
}

/** What the next checkpoint names as the one before. */
export const checkpointHash = (checkpoint: Checkpoint, sha256: Sha256): string => sha256(checkpointText(checkpoint))

/** What is wrong with one checkpoint of a list. */
export interface CheckpointDefect {
  readonly number: number
  readonly kind: 'checkpoint_gap' | 'checkpoint_unlinked' | 'checkpoint_unsigned' | 'checkpoint_backwards'
}

/** Checks one checkpoint against the one before it in its list; undefined means it is the first. */
export function checkpointDefects(
  checkpoint: SignedCheckpoint,
  before: Checkpoint | undefined,
  { sha256, verify }: { readonly sha256: Sha256; readonly verify: VerifySignature },
): readonly CheckpointDefect[] {
  const { number } = checkpoint
  const defects: CheckpointDefect[] = []
  if (number !== (before?.number ?? 0) + 1) defects.push({ number, kind: 'checkpoint_gap' })
  const previous = before === undefined ? GENESIS_HASH : checkpointHash(before, sha256)
  if (checkpoint.previous_hash !== previous) defects.push({ number, kind: 'checkpoint_unlinked' })
  if (checkpoint.seq < (before?.seq ?? 0)) defects.push({ number, kind: 'checkpoint_backwards' })
  if (!verify(checkpointText(checkpoint), checkpoint.signature, checkpoint.key_id))
    defects.push({ number, kind: 'checkpoint_unsigned' })
  return defects
}
