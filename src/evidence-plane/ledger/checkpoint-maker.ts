import { chainDefects, CHAIN_START, checkpointHash, checkpointText, GENESIS_HASH } from '#domain/ledger'
import type { ChainPosition, Checkpoint, SignedCheckpoint } from '#domain/ledger'
import type { TenantId } from '#domain/ids'
import { isGanderError } from '#domain/failure'
import type { AuditTrail, CheckpointPlace, LedgerKey } from '#ports'
import { sha256 } from './verify-audit.ts'

/** When a checkpoint is due. */
export interface CheckpointPace {
  readonly every_events: number
  readonly every_ms: number
}

/** A checkpoint every 100 events or 60 s, whichever comes first. */
export const CHECKPOINT_PACE: CheckpointPace = { every_events: 100, every_ms: 60_000 }

/** Something that whoever runs the platform has to look into now. */
export interface CheckpointAlarm {
  readonly tenant_id: TenantId
  readonly what: string
}

interface CheckpointParts {
  readonly trail: Pick<AuditTrail, 'tenants' | 'head' | 'chain'>
  readonly key: LedgerKey
  /** The first is written first, and the others follow it; at least one. */
  readonly places: readonly [CheckpointPlace, ...CheckpointPlace[]]
  readonly pace?: CheckpointPace
  readonly alarm: (alarm: CheckpointAlarm) => void
}

/** Signs what the chains have come to. */
export interface CheckpointMaker {
  /** Makes those that are due, of every tenant; how many were made. */
  makeDue(): Promise<number>
  /** Makes one now where anything is new. */
  make(tenant: TenantId): Promise<SignedCheckpoint | undefined>
}

const PAGE = 500

/**
 * Makes checkpoints. Before a head is signed the events since the last checkpoint are read and must follow from it:
 * what was edited or cut is never signed but told. Any number of makers may share their places.
 */
export function createCheckpointMaker(parts: CheckpointParts): CheckpointMaker {
  const { every_events, every_ms } = parts.pace ?? CHECKPOINT_PACE
  const make = (tenant: TenantId, pace: CheckpointPace) => makeOne(parts, tenant, pace)
  return {
    make: (tenant) => make(tenant, { every_events: 1, every_ms: 0 }),
    makeDue: async () => {
      let made = 0
      for (const tenant of await parts.trail.tenants())
        if ((await make(tenant, { every_events, every_ms })) !== undefined) made += 1
      return made
    },
  }
}

async function makeOne(
  parts: CheckpointParts,
  tenant: TenantId,
  { every_events, every_ms }: CheckpointPace,
): Promise<SignedCheckpoint | undefined> {
  const [first, ...others] = parts.places
  const last = await first.last(tenant)
  const { chain, gateways, read_at } = await parts.trail.head(tenant)
  if (!(await follow(parts, tenant, others))) return undefined
  const added = chain.seq - (last?.seq ?? 0)
  const age = last === undefined ? Number.POSITIVE_INFINITY : Date.parse(read_at) - Date.parse(last.made_at)
  if (added === 0 && chain.hash === (last?.hash ?? GENESIS_HASH)) return undefined
  if (added > 0 && added < every_events && age < every_ms) return undefined
  const wrong = await whatIsWrong(parts, tenant, { after: last ?? CHAIN_START, to: chain })
  if (wrong !== undefined) {
    parts.alarm({ tenant_id: tenant, what: `${wrong}; nothing was signed` })
    return undefined
  }
  const checkpoint: Checkpoint = {
    tenant_id: tenant,
    number: (last?.number ?? 0) + 1,
    ...chain,
    gateways,
    previous_hash: last === undefined ? GENESIS_HASH : checkpointHash(last, sha256),
    made_at: read_at,
    key_id: parts.key.key_id,
  }
  const signed = { ...checkpoint, signature: parts.key.sign(checkpointText(checkpoint)) }
  if (!(await kept(first, signed))) return undefined
  await follow(parts, tenant, others)
  return signed
}

/** False where another maker was faster; its checkpoint stands. */
async function kept(place: CheckpointPlace, signed: SignedCheckpoint): Promise<boolean> {
  try {
    await place.append(signed)
    return true
  } catch (error) {
    const there = await place.last(signed.tenant_id)
    if (there !== undefined && there.number >= signed.number && there.signature !== signed.signature) return false
    throw error
  }
}

/**
 * Brings the other places up to the first; one that is away is told and catches up later. False where another place
 * knows what the first does not: the first was cut or an older one was restored, and nothing may be signed on top.
 */
async function follow(parts: CheckpointParts, tenant: TenantId, others: readonly CheckpointPlace[]): Promise<boolean> {
  const [first] = parts.places
  let may_sign = true
  for (const place of others) {
    try {
      const theirs = await place.last(tenant)
      const own = await first.last(tenant)
      const known = theirs?.number ?? 0
      const is_same = known !== own?.number || theirs?.signature === own.signature
      if (known > (own?.number ?? 0) || !is_same) {
        may_sign = false
        const what = `${place.where} has other checkpoints (${known}) than ${first.where} (${own?.number ?? 0})`
        parts.alarm({ tenant_id: tenant, what: `${what}; nothing was signed` })
      } else for await (const checkpoint of first.read(tenant, known)) await place.append(checkpoint)
    } catch (error) {
      if (!isGanderError(error)) throw error
      parts.alarm({ tenant_id: tenant, what: error.message })
    }
  }
  return may_sign
}

interface Stretch {
  readonly after: ChainPosition
  readonly to: ChainPosition
}

/** Why a stretch of the chain must not be signed; undefined where it follows from what was signed before. */
async function whatIsWrong(
  { trail }: CheckpointParts,
  tenant: TenantId,
  { after, to }: Stretch,
): Promise<string | undefined> {
  if (to.seq < after.seq) return `the chain ends at event ${to.seq}, and event ${after.seq} was signed`
  let at = after
  if (after.seq > 0) {
    const [signed] = await trail.chain(tenant, after.seq - 1, 1)
    if (signed?.seq !== after.seq || signed.hash !== after.hash)
      return `event ${after.seq} is not the one that was signed`
    const defects = chainDefects([signed], sha256, { seq: after.seq - 1, hash: signed.previous_hash })
    if (defects.length > 0) return `event ${after.seq} is not what was hashed`
  }
  while (at.seq < to.seq) {
    const page = (await trail.chain(tenant, at.seq, PAGE)).filter(({ seq }) => seq <= to.seq)
    const [defect] = chainDefects(page, sha256, at)
    if (defect !== undefined) return `${defect.kind} at event ${defect.seq}`
    const last = page.at(-1)
    if (last === undefined) return `the chain ends at event ${at.seq}, and its head says ${to.seq}`
    at = { seq: last.seq, hash: last.hash }
  }
  return at.hash === to.hash ? undefined : `the head is not the hash of event ${to.seq}`
}
