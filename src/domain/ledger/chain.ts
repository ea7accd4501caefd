import type { LedgerEvent } from '../event/index.ts'
import { canonicalJson } from '../json/index.ts'

/** Hex SHA-256 of a text's UTF-8 bytes; given by the caller because the domain does no I/O and owns no crypto. */
export type Sha256 = (text: string) => string

/** What the first event of every chain points back to. */
export const GENESIS_HASH = '0'.repeat(64)

const DOMAIN = 'gander.ledger.v1'

/** The hash of one link: sha256(domain, tenant, seq, previous hash, canonical JSON of everything but the hash). */
export function linkHash(event: Omit<LedgerEvent, 'hash'>, sha256: Sha256): string {
  return sha256([DOMAIN, event.tenant_id, String(event.seq), event.previous_hash, canonicalJson(event)].join('\n'))
}

/** What is wrong with a chain, at which position. */
export interface ChainDefect {
  readonly seq: number
  readonly kind: 'gap' | 'wrong_previous' | 'wrong_hash'
}

/** A place in a chain: the position and hash of one link. */
export interface ChainPosition {
  readonly seq: number
  readonly hash: string
}

/** Where every chain begins. */
export const CHAIN_START: ChainPosition = { seq: 0, hash: GENESIS_HASH }

/** Checks a tenant's events that follow a position, in order of `seq`; an empty list means no edit, gap or reorder. */
export function chainDefects(
  events: readonly LedgerEvent[],
  sha256: Sha256,
  after: ChainPosition = CHAIN_START,
): readonly ChainDefect[] {
  const defects: ChainDefect[] = []
  let previous = after.hash
  let expected = after.seq + 1
  for (const { hash, ...event } of events) {
    if (event.seq !== expected) defects.push({ seq: event.seq, kind: 'gap' })
    if (event.previous_hash !== previous) defects.push({ seq: event.seq, kind: 'wrong_previous' })
    if (linkHash(event, sha256) !== hash) defects.push({ seq: event.seq, kind: 'wrong_hash' })
    previous = hash
    expected = event.seq + 1
  }
  return defects
}
