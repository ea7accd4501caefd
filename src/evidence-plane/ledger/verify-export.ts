import { createHash, type Hash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import { canonicalJson } from '#domain/json'
import type { ExportReport, VerifySignature } from '#domain/ledger'
import { createAuditVerifier, type AuditVerifier } from './audit-verifier.ts'
import {
  EXPORT_FORMAT,
  manifestText,
  type ExportCounts,
  type ExportLine,
  type ExportManifest,
} from './export-format.ts'
import { sha256 } from './verify-audit.ts'

interface Verifying {
  /** The file's text in any pieces. */
  readonly text: AsyncIterable<string>
  /** Public keys in PEM that are believed; none: the file's own. */
  readonly keys: readonly string[]
  /** Makes the check of signatures by exactly these keys. */
  readonly verifierOf: (keys: readonly string[]) => VerifySignature
}

type Header = Extract<ExportLine, { type: 'header' }>
type Line = ExportLine | ({ readonly type: 'manifest' } & ExportManifest)

/**
 * Verifies an export without a database, over a file of any length: every byte against the signed manifest, every event
 * against the chain, the chain against its checkpoints, and the gateways' acts against the events that tell of them.
 * @throws GanderError `audit_export_unreadable` where it does not begin as an export
 */
export async function verifyExport({ text, keys, verifierOf }: Verifying): Promise<ExportReport> {
  const lines = splitLines(text)
  const first = await lines.next()
  const header = first.done === true ? undefined : parsed(first.value)
  if (first.done === true || header?.type !== 'header' || header.format !== EXPORT_FORMAT)
    throw new GanderError('audit_export_unreadable', 'The file does not begin as an export of the audit trail does.')
  const believed = keys.length > 0 ? keys : Object.values(header.public_keys)
  const verify = verifierOf(believed)
  const verifier = createAuditVerifier({ tenant_id: header.tenant_id, sha256, verify, is_whole: header.since === null })
  const hash = createHash('sha256').update(`${first.value}\n`)
  await takeLines(lines, { verifier, hash, verify, header })
  const { since, exported_at } = header
  const key_ids = Object.keys(header.public_keys)
  return { ...verifier.report(), since, exported_at, key_ids, keys_given: keys.length > 0 }
}

interface Reading {
  readonly verifier: AuditVerifier
  readonly hash: Hash
  readonly verify: VerifySignature
  readonly header: Header
}

async function takeLines(lines: AsyncIterable<string>, reading: Reading): Promise<void> {
  const { verifier, hash } = reading
  const counts = { events: 0, acts: 0, checkpoints: 0, artifacts: 0, withheld: 0 }
  let number = 1
  let is_sealed = false
  for await (const text of lines) {
    number += 1
    const line = parsed(text)
    if (is_sealed) verifier.defect('manifest_wrong', `line ${number}`, 'stands after the manifest')
    else if (line?.type === 'manifest') {
      is_sealed = true
      checkManifest(reading, line, counts)
    } else hash.update(text).update('\n')
    if (line === undefined) verifier.defect('unreadable', `line ${number}`, `${text.slice(0, 40)}…`)
    else if (line.type !== 'manifest') take(verifier, line, counts)
  }
  if (!is_sealed) verifier.defect('manifest_missing', `line ${number}`, 'is the last')
}

type Counts = { -readonly [Name in keyof ExportCounts]: ExportCounts[Name] }

function take(verifier: AuditVerifier, line: ExportLine, counts: Counts): void {
  switch (line.type) {
    case 'event':
      counts.events += 1
      if (line.withheld === true) counts.withheld += 1
      return verifier.event(line.event, line.withheld === true)
    case 'act':
      counts.acts += 1
      return verifier.act(line.act)
    case 'checkpoint':
      counts.checkpoints += 1
      return verifier.checkpoint(line.checkpoint)
    case 'artifact':
      counts.artifacts += 1
      return verifier.artifact()
    case 'header':
      return verifier.defect('manifest_wrong', 'header', 'is there twice')
    default:
      return line satisfies never
  }
}

function checkManifest({ verifier, hash, verify, header }: Reading, manifest: ExportManifest, counts: Counts): void {
  const { tenant_id, sha256: said, key_id, signature } = manifest
  const is = hash.copy().digest('hex')
  if (said !== is)
    verifier.defect(
      'manifest_wrong',
      'manifest',
      `says ${said.slice(0, 12)} of the lines before it, which are ${is.slice(0, 12)}`,
    )
  if (canonicalJson(manifest.counts) !== canonicalJson(counts) || tenant_id !== header.tenant_id)
    verifier.defect(
      'manifest_wrong',
      'manifest',
      `counts ${canonicalJson(manifest.counts)}, there are ${canonicalJson(counts)}`,
    )
  if (!verify(manifestText(manifest), signature, key_id))
    verifier.defect('manifest_unsigned', 'manifest', `key ${key_id.slice(0, 12)}`)
}

/** A line that is none of the format's is told, and the next one is read. */
function parsed(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line !== 'object' || line === null || !('type' in line)) return undefined
    const body = SHAPES[String(line.type)]
    return body === undefined || !body(line) ? undefined : (line as Line)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const has = (value: unknown, texts: readonly string[], numbers: readonly string[]): boolean =>
  isObject(value) &&
  texts.every((name) => typeof value[name] === 'string') &&
  numbers.every((name) => Number.isSafeInteger(value[name]))

/** What the checks rely on; everything else is under the hashes. */
const SHAPES: Readonly<Record<string, (line: Readonly<Record<string, unknown>>) => boolean>> = {
  header: (line) => has(line, ['format', 'tenant_id', 'exported_at'], []) && isObject(line['public_keys']),
  event: ({ event }) =>
    has(event, ['tenant_id', 'event', 'hash', 'previous_hash', 'created_at'], ['seq']) &&
    isObject(event) &&
    isObject(event['facts']),
  act: ({ act }) =>
    has(act, ['tenant_id', 'gateway', 'run_id', 'key', 'request_hash', 'hash', 'previous_hash', 'at'], ['seq']),
  checkpoint: ({ checkpoint }) =>
    has(checkpoint, ['tenant_id', 'hash', 'previous_hash', 'made_at', 'key_id', 'signature'], ['number', 'seq']) &&
    isObject(checkpoint) &&
    Array.isArray(checkpoint['gateways']),
  artifact: ({ artifact }) => has(artifact, ['sha256'], []),
  manifest: (line) => has(line, ['tenant_id', 'sha256', 'key_id', 'signature'], []) && isObject(line['counts']),
}

/** A line that grows beyond any that an export writes is given up on in pieces, so that no file fills the memory. */
const LONGEST = 16 * 1024 * 1024

async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const piece of text) {
    rest += piece
    let from = 0
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, end)
      from = end + 1
    }
    rest = rest.slice(from)
    if (rest.length > LONGEST) {
      yield rest
      rest = ''
    }
  }
  if (rest !== '') yield rest
}
