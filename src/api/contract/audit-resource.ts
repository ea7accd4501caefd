import { AUDIT_DEFECTS, type AuditDefectKind, type AuditReport, type SignedCheckpoint } from '#domain/ledger'
import { z } from 'zod'
import { moment, sha256, tenantIdentifier } from './identifiers.ts'

const position = { seq: z.number().int(), hash: z.string() }
const gateway = z.looseObject({ gateway: z.string(), ...position })

/** What a chain came to at a moment, signed outside the database. */
export const checkpointSchema = z
  .object({
    tenant_id: tenantIdentifier,
    number: z.number().int().describe('From 1 without gaps.'),
    ...position,
    gateways: z.array(gateway),
    previous_hash: z.string(),
    made_at: moment,
    key_id: z.string(),
    signature: z.string().describe('Ed25519 over the canonical text, in base64.'),
  })
  .meta({ id: 'Checkpoint' }) as unknown as z.ZodType<SignedCheckpoint, SignedCheckpoint>

const DEFECTS = Object.keys(AUDIT_DEFECTS) as [AuditDefectKind, ...AuditDefectKind[]]

/** What a verification found. */
export const auditReportSchema = z
  .object({
    tenant_id: z.string(),
    events: z.number().int(),
    acts: z.number().int(),
    artifacts: z.number().int(),
    checkpoints: z.number().int(),
    head: z.object(position),
    gateways: z.array(gateway),
    withheld: z.number().int(),
    open_acts: z.number().int(),
    unwitnessed: z.number().int().describe('Events after the last checkpoint.'),
    defects: z.array(z.object({ kind: z.enum(DEFECTS), where: z.string(), detail: z.string() })),
    defect_count: z.number().int().describe('0: the record is whole.'),
  })
  .meta({ id: 'AuditReport' }) as unknown as z.ZodType<AuditReport, AuditReport>

/** The key that signs checkpoints and exports. */
export const auditKeySchema = z
  .object({ key_id: sha256, public_key: z.string(), places: z.array(z.string()) })
  .meta({ id: 'AuditKey' })
