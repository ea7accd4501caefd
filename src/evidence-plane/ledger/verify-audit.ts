import { createHash } from 'node:crypto'
import type { TenantId } from '#domain/ids'
import {
  checkpointHash,
  type AuditReport,
  type Sha256,
  type SignedCheckpoint,
  type VerifySignature,
} from '#domain/ledger'
import type { AuditTrail, CheckpointPlace } from '#ports'
import { createAuditVerifier, type AuditVerifier } from './audit-verifier.ts'

/** Hex SHA-256 of a text's UTF-8 bytes. */
export const sha256: Sha256 = (text) => createHash('sha256').update(text).digest('hex')

interface Verifying {
  readonly trail: Pick<AuditTrail, 'records'>
  readonly tenant: TenantId
  /** Where checkpoints are kept; the one with the most of them is laid beside the chain, the others beside that one. */
  readonly places: readonly CheckpointPlace[]
  readonly verify: VerifySignature
}

/**
 * Reads a tenant's whole history as it is stored and lays it beside the checkpoints outside the database and the
 * gateways' own sequences. Finds edits, gaps, reorder, duplicates, forks, cut tails and events that were never written.
 */
export async function verifyAudit({ trail, tenant, places, verify }: Verifying): Promise<AuditReport> {
  const verifier = createAuditVerifier({ tenant_id: tenant, sha256, verify, is_whole: true })
  const fullest = await comparePlaces(verifier, tenant, places)
  const checkpoints = fullest === undefined ? none() : fullest.read(tenant)
  for await (const record of withCheckpoints(trail.records(tenant), checkpoints)) {
    if (record.type === 'event') verifier.event(record.event)
    else if (record.type === 'act') verifier.act(record.act)
    else if (record.type === 'checkpoint') verifier.checkpoint(record.checkpoint)
    else verifier.artifact()
  }
  return verifier.report()
}

/** Puts each checkpoint right after the event it signs. */
export async function* withCheckpoints<
  Item extends { readonly type: string; readonly event?: { readonly seq: number } },
>(
  records: AsyncIterable<Item>,
  checkpoints: AsyncIterable<SignedCheckpoint>,
): AsyncGenerator<Item | { readonly type: 'checkpoint'; readonly checkpoint: SignedCheckpoint }, void, undefined> {
  const coming = checkpoints[Symbol.asyncIterator]()
  let next = await coming.next()
  for await (const record of records) {
    const before = record.type === 'artifact' ? Number.POSITIVE_INFINITY : (record.event?.seq ?? 0)
    while (next.done !== true && next.value.seq < before) {
      yield { type: 'checkpoint', checkpoint: next.value }
      next = await coming.next()
    }
    yield record
  }
  for (; next.done !== true; next = await coming.next()) yield { type: 'checkpoint', checkpoint: next.value }
}

async function* none(): AsyncGenerator<SignedCheckpoint, void, undefined> {
  // Nothing outside the database witnesses the chain.
}

/** The place that knows most; every other one must hold the same, as far as it goes. */
async function comparePlaces(
  verifier: AuditVerifier,
  tenant: TenantId,
  places: readonly CheckpointPlace[],
): Promise<CheckpointPlace | undefined> {
  const known = await Promise.all(places.map(async (place) => ({ place, last: await place.last(tenant) })))
  const ranked = known.toSorted((left, right) => (right.last?.number ?? 0) - (left.last?.number ?? 0))
  const [fullest, ...others] = ranked
  for (const { place, last } of others) {
    // The first place is written first; only another one may be behind.
    if (place === places[0] && (last?.number ?? 0) < (fullest?.last?.number ?? 0))
      verifier.defect(
        'checkpoints_cut',
        place.where,
        `ends at ${last?.number ?? 0}, ${fullest?.place.where} at ${fullest?.last?.number}`,
      )
    if (last === undefined || fullest === undefined) continue
    await compareLists(verifier, tenant, [fullest.place, place])
  }
  return fullest?.last === undefined ? undefined : fullest.place
}

async function compareLists(
  verifier: AuditVerifier,
  tenant: TenantId,
  [one, other]: readonly [CheckpointPlace, CheckpointPlace],
): Promise<void> {
  const left = one.read(tenant)[Symbol.asyncIterator]()
  for await (const checkpoint of other.read(tenant)) {
    const beside = await left.next()
    if (beside.done === true) return
    if (checkpointHash(beside.value, sha256) === checkpointHash(checkpoint, sha256)) continue
    verifier.defect('checkpoints_differ', `checkpoint ${checkpoint.number}`, `${one.where} and ${other.where}`)
    return
  }
}
