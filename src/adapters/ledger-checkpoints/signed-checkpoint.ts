import { z } from 'zod'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { GATEWAYS, type SignedCheckpoint } from '#domain/ledger'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()
const SCHEMA = z.strictObject({
  tenant_id: z.string().min(1),
  number: count,
  seq: count,
  hash,
  gateways: z.array(z.strictObject({ gateway: z.enum(GATEWAYS), seq: count, hash })),
  previous_hash: hash,
  made_at: z.string(),
  key_id: hash,
  signature: z.string(),
})

/** Reads one checkpoint as it was kept. @throws GanderError `checkpoints_unreadable` */
export function readCheckpoint(text: string, where: string): SignedCheckpoint {
  try {
    const read = SCHEMA.parse(JSON.parse(text))
    return { ...read, tenant_id: read.tenant_id as TenantId }
  } catch (cause) {
    throw new GanderError('checkpoints_unreadable', `${where} is no checkpoint.`, { cause, facts: { where } })
  }
}

/** Nothing that a path or a reference of git could take for something else. */
export function folderName(tenant: TenantId): string {
  if (/^[a-z0-9][a-z0-9_-]{0,80}$/.test(tenant)) return tenant
  throw new GanderError('checkpoints_unwritable', `${tenant} is no tenant's name.`)
}
