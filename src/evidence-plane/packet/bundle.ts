import { z } from 'zod'
import { GanderError } from '#domain/failure'
import { canonicalJson, type Json } from '#domain/json'
import { PACKET_SCHEMA, type EvidencePacket } from '#domain/packet'
import { refuse, ok, type Result } from '#domain/result'
import type { EvidenceSigner, PacketStatement } from '#ports'
import { envelopeSchema, payloadOf, sealEnvelope, type Envelope } from './envelope.ts'
import { makeStatements } from './make-statements.ts'

/** A packet's file: one JSON object with an envelope for each statement. */
export const bundleSchema = z.strictObject({
  schema: z.literal(PACKET_SCHEMA),
  envelopes: z.array(envelopeSchema).min(1).max(16),
})

type Bundle = z.infer<typeof bundleSchema>

/** Larger packets are not read: a run of a thousand steps and ten thousand tests has less than a tenth of it. */
export const MOST_PACKET_BYTES = 64 * 1024 ** 2

/** The text of a packet's file, and the keys that signed it. */
export async function sealBundle(
  packet: EvidencePacket,
  signer: EvidenceSigner,
): Promise<{ readonly text: string; readonly key_ids: readonly string[] }> {
  const envelopes: Envelope[] = []
  for (const statement of makeStatements(packet)) envelopes.push(await sealEnvelope(canonicalJson(statement), signer))
  const key_ids = (envelopes[0]?.signatures ?? []).map(({ keyid }) => keyid)
  return { text: written({ schema: PACKET_SCHEMA, envelopes }), key_ids }
}

/** Reads a packet's file, or says why it is none. Nothing of what it says has been believed yet. */
export function readBundle(text: string): Result<Bundle, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse(text.trim() === '' ? 'it is empty' : 'it is no JSON, or was cut off')
  }
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined
  if (schema === 'gander.evidence/v1') return refuse('it is of version 1, which was not signed')
  const read = bundleSchema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    return refuse(`it is no bundle of envelopes (${issue?.path.join('.') || 'packet'}: ${issue?.message ?? 'unknown'})`)
  }
  // One form only: where any byte of the file may change without a trace, nobody knows which file was verified.
  return written(read.data) === text ? ok(read.data) : refuse('it is not in the form in which packets are written')
}

const written = (bundle: Bundle): string => `${JSON.stringify(bundle, null, 2)}\n`

/**
 * The packet in a file of this platform's own store, signed or of version 1; signatures are not looked at.
 * @throws TypeError where it is none
 */
export function readEvidence(text: string): EvidencePacket {
  const value: unknown = JSON.parse(text)
  // The store's own files: whoever verifies a stranger's reads it with `readBundle`.
  if (typeof value === 'object' && value !== null && 'evidence' in value) return value as EvidencePacket
  const [first] = bundleSchema.parse(value).envelopes
  if (first === undefined) throw new TypeError('a packet without an envelope')
  const { predicate } = JSON.parse(payloadOf(first).toString('utf8')) as { readonly predicate: EvidencePacket }
  return predicate
}

/**
 * What each envelope of a packet's file holds, for whoever wants to read it; nothing of it has been believed.
 * @throws GanderError `packet_unreadable`
 */
export function statementsIn(text: string): readonly PacketStatement[] {
  const read = readBundle(text)
  if (!read.ok) throw new GanderError('packet_unreadable', `This is no evidence packet: ${read.refusal}.`)
  return read.value.envelopes.map((envelope, at) => {
    const key_ids = envelope.signatures.map(({ keyid }) => keyid)
    try {
      return { key_ids, statement: JSON.parse(payloadOf(envelope).toString('utf8')) as Json }
    } catch (cause) {
      throw new GanderError('packet_unreadable', `What envelope ${at + 1} holds is no JSON.`, { cause })
    }
  })
}

/** A packet's text with what its envelopes hold in clear beside it, for whoever looks for words in it. */
export function inClear(text: string): string {
  const read = readBundle(text)
  if (!read.ok) return text
  return [text, ...read.value.envelopes.map((envelope) => payloadOf(envelope).toString('utf8'))].join('\n')
}
