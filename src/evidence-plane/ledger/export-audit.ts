import { createHash } from 'node:crypto'
import type { LedgerEvent } from '#domain/event'
import type { TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import type { AuditTrail, CheckpointPlace, LedgerKey, Redactor } from '#ports'
import {
  EXPORT_FORMAT,
  manifestText,
  type ExportCounts,
  type ExportLine,
  type ExportManifest,
} from './export-format.ts'
import { withCheckpoints } from './verify-audit.ts'

interface Exporting {
  readonly trail: Pick<AuditTrail, 'records' | 'head'>
  readonly tenant: TenantId
  /** RFC 3339; absent: everything. */
  readonly since?: string
  readonly place: CheckpointPlace
  readonly key: LedgerKey
  /** Public keys in PEM by their id: all that have signed. */
  readonly public_keys: { readonly [key_id: string]: string }
  readonly redactor: Redactor
}

/** Events that are looked through for secrets at once. */
const AT_ONCE = 100

/**
 * One self-contained file, line by line: events, the gateways' acts between them, checkpoints after what they sign, the
 * list of artifacts, and last a signed manifest with the hash of every byte before it. Nothing is held but what is being
 * written. Where an event's facts hold what looks like a secret they are cut out whole, and its hash still links.
 */
export async function* exportAudit(wish: Exporting): AsyncGenerator<string, ExportManifest, undefined> {
  const hash = createHash('sha256')
  const counts = { events: 0, acts: 0, checkpoints: 0, artifacts: 0, withheld: 0 }
  const sealed = (line: ExportLine): string => {
    const text = `${canonicalJson(line)}\n`
    hash.update(text)
    return text
  }
  const { tenant, since, key, public_keys, redactor } = wish
  const { read_at } = await wish.trail.head(tenant)
  const header = { tenant_id: tenant, since: since ?? null, exported_at: read_at, redaction: redactor.version }
  yield sealed({
    type: 'header',
    format: EXPORT_FORMAT,
    ...header,
    public_keys: { ...public_keys, [key.key_id]: key.public_key },
  })
  for await (const line of linesOf(wish)) {
    count(counts, line)
    yield sealed(line)
  }
  const manifest = { tenant_id: tenant, counts, sha256: hash.digest('hex'), key_id: key.key_id }
  const signed: ExportManifest = { ...manifest, signature: key.sign(manifestText(manifest)) }
  yield `${canonicalJson({ type: 'manifest', ...signed })}\n`
  return signed
}

type Counts = { -readonly [Name in keyof ExportCounts]: ExportCounts[Name] }

function count(counts: Counts, line: ExportLine): void {
  if (line.type === 'event') {
    counts.events += 1
    if (line.withheld === true) counts.withheld += 1
  } else if (line.type === 'act') counts.acts += 1
  else if (line.type === 'checkpoint') counts.checkpoints += 1
  else if (line.type === 'artifact') counts.artifacts += 1
}

async function* linesOf({
  trail,
  tenant,
  since,
  place,
  redactor,
}: Exporting): AsyncGenerator<ExportLine, void, undefined> {
  let held: ExportLine[] = []
  for await (const record of withCheckpoints(trail.records(tenant, since), place.read(tenant))) {
    held.push(record)
    if (held.length < AT_ONCE) continue
    yield* await withoutSecrets(held, redactor)
    held = []
  }
  yield* await withoutSecrets(held, redactor)
}

/** Most of what is written holds none: one look at all of it, and one at each only where that found something. */
async function withoutSecrets(lines: readonly ExportLine[], redactor: Redactor): Promise<readonly ExportLine[]> {
  const { count: found } = await redactor.redact(lines.map((line) => JSON.stringify(line)).join('\n'))
  if (found === 0) return lines
  return Promise.all(lines.map((line) => clean(line, redactor)))
}

async function clean(line: ExportLine, redactor: Redactor): Promise<ExportLine> {
  const { text, count: found } = await redactor.redact(JSON.stringify(line))
  if (found === 0) return line
  if (line.type === 'event') return { type: 'event', withheld: true, event: await withheldEvent(line.event, redactor) }
  // What names a thing outside the ledger is shown as far as it may be.
  try {
    return JSON.parse(text) as ExportLine
  } catch {
    return line.type === 'artifact' ? { ...line, artifact: { ...line.artifact, name: '[redacted]' } } : line
  }
}

async function withheldEvent(event: LedgerEvent, redactor: Redactor): Promise<LedgerEvent> {
  const cut = async (text: string) => (await redactor.redact(text)).text
  return { ...event, facts: {}, actor: await cut(event.actor), resource_id: await cut(event.resource_id) }
}
