import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import { ledgerVerifierOf as verifierOf } from '#adapters/signing'
import type { LedgerEvent } from '#domain/event'
import { LOCAL_TENANT, type EventId, type RunId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import { GENESIS_HASH, linkHash } from '#domain/ledger'
import { verifyExport } from '#evidence-plane/ledger'
import type { Figure } from './figures.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** How many events of an export are verified in a second of one processor, and what memory the file's length costs. */
export async function measureAudit(events: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gander-bench-audit-'))
  try {
    const path = join(folder, 'export.jsonl')
    await pipeline(exportOf(events), createWriteStream(path))
    const peak = { rss: process.memoryUsage.rss() }
    const before = peak.rss
    const from = process.cpuUsage()
    const report = await verifyExport({ text: textOf(path, peak), keys: [], verifierOf })
    const { user, system } = process.cpuUsage(from)
    // Nothing signed it; everything else must be in order.
    const wrong = report.defects.filter(({ kind }) => kind !== 'manifest_missing')
    if (report.events !== events || wrong.length > 0) throw new Error(`the export does not verify: ${wrong[0]?.kind}`)
    const per_second = Math.round(events / ((user + system) / 1e6))
    const grown = Math.round(Math.max(0, peak.rss - before) / 1e6)
    const goal = { text: 'over 20,000 events a second', met: per_second > 20_000 }
    const shared = { benchmark: 'audit', samples: events } as const
    return [
      { ...shared, what: 'verify an export, events a second of one processor', unit: '/s', p50: per_second, goal },
      { ...shared, what: `memory that verifying ${events} events grew by`, unit: 'MB', p50: grown },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function* textOf(path: string, peak: { rss: number }): AsyncGenerator<string> {
  for await (const piece of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    peak.rss = Math.max(peak.rss, process.memoryUsage.rss())
    yield String(piece)
  }
}

/** Lines as an export has them, without a manifest. */
async function* exportOf(events: number): AsyncGenerator<string> {
  const header = { type: 'header', format: 'gander.audit.v1', tenant_id: LOCAL_TENANT, since: null, exported_at: '' }
  yield `${canonicalJson({ ...header, redaction: '', public_keys: {} })}\n`
  let previous_hash = GENESIS_HASH
  let held = ''
  for (let seq = 1; seq <= events; seq++) {
    const event = eventAt(seq, previous_hash)
    previous_hash = linkHash(event, sha256)
    held += `${canonicalJson({ type: 'event', event: { ...event, hash: previous_hash } })}\n`
    if (held.length < 1 << 18) continue
    yield held
    held = ''
  }
  yield held
}

const eventAt = (seq: number, previous_hash: string): Omit<LedgerEvent, 'hash'> => ({
  audit_id: `aud_${seq}` as EventId,
  tenant_id: LOCAL_TENANT,
  seq,
  run_id: `run_${Math.floor((seq - 1) / 100)}` as RunId,
  run_seq: ((seq - 1) % 100) + 1,
  event: 'tool_call_authorized',
  actor_type: 'agent',
  actor: 'agent',
  resource_type: 'tool',
  resource_id: 'file_read',
  decision: 'allowed',
  decision_id: null,
  approval_id: null,
  policy_version: 'v1',
  request_hash: 'a'.repeat(64),
  result_hash: null,
  state: 'editing',
  facts: { tool: 'file_read', policy_decision_id: 'pdec_01m7zvhrcrevtayjmnngxppegz', credential_scope: 'none' },
  created_at: '2026-01-01T00:00:00.000Z',
  previous_hash,
})

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const { what, p50, unit } of await measureAudit(100_000)) console.log(`${what}: ${p50} ${unit}`)
