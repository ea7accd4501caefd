import { z } from 'zod'
import type { EvidenceSigner } from '#ports'
import { PAYLOAD_TYPE } from './identities.ts'

/** Base64 in its one canonical form, so that no other text decodes to the same bytes. */
const base64 = z.string().refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'no base64')

export const envelopeSchema = z.strictObject({
  payloadType: z.string().max(200),
  payload: base64,
  signatures: z
    .array(z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/), sig: base64 }))
    .min(1)
    .max(16),
})

/** A signed payload after the DSSE specification. */
export type Envelope = z.infer<typeof envelopeSchema>

/**
 * The bytes that are signed, `PAE` of DSSE v1: type and body with their lengths in bytes, so that neither can be moved
 * into the other.
 */
export function preAuthentication(payloadType: string, body: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `
  return Buffer.concat([Buffer.from(head), body])
}

/** Puts a statement into an envelope with every signature of the signer. */
export async function sealEnvelope(statement: string, signer: EvidenceSigner): Promise<Envelope> {
  const body = Buffer.from(statement)
  const signatures = await signer.sign(preAuthentication(PAYLOAD_TYPE, body))
  return { payloadType: PAYLOAD_TYPE, payload: body.toString('base64'), signatures: [...signatures] }
}

/** What is in an envelope; nothing has been believed yet. */
export const payloadOf = (envelope: Envelope): Buffer => Buffer.from(envelope.payload, 'base64')
