import type { PacketCheck } from '#ports'
import { payloadOf, preAuthentication, type Envelope } from '../envelope.ts'
import { PAYLOAD_TYPE } from '../identities.ts'
import { fail, pass, short } from './check.ts'

/** The public keys that are believed, by the id of each key itself. */
export interface TrustedKeys {
  readonly key_ids: readonly string[]
  /** True when the key of that id, which is one of these, signed the bytes. */
  holds(bytes: Uint8Array, signature: string, key_id: string): boolean
}

/**
 * Each envelope must be signed by a trusted key, every signature that names one must hold, and all by the same ones. A
 * signature by an unknown key proves nothing and harms nothing; which key a file brings along is never believed.
 */
export function checkSignatures(envelopes: readonly Envelope[], keys: TrustedKeys): PacketCheck {
  const trusted = new Set(keys.key_ids)
  const signed = envelopes.map(({ signatures }) => signatures.map(({ keyid }) => keyid).filter((id) => trusted.has(id)))
  for (const [at, envelope] of envelopes.entries()) {
    const refused = refusedFor(envelope, { at, trusted, keys })
    if (refused !== undefined) return refused
  }
  const [first = []] = signed
  if (signed.some((ids) => ids.join() !== first.join()))
    return fail('signature', 'Its envelopes are signed by different keys: they were not sealed together.', ASK_AGAIN)
  const unknown = new Set(envelopes.flatMap(({ signatures }) => signatures.map(({ keyid }) => keyid)))
  const others = [...unknown].filter((id) => !trusted.has(id))
  const also = others.length === 0 ? '' : `; ${others.length} further by keys that are not known here`
  return pass('signature', `${envelopes.length} envelopes signed by ${first.map(short).join(' and ')}${also}`)
}

const ASK_AGAIN = 'Do not rely on this file; ask for the packet again where the run was made.'

function refusedFor(
  { payloadType, payload, signatures }: Envelope,
  { at, trusted, keys }: { readonly at: number; readonly trusted: ReadonlySet<string>; readonly keys: TrustedKeys },
): PacketCheck | undefined {
  const which = `envelope ${at + 1}`
  if (payloadType !== PAYLOAD_TYPE)
    return fail(
      'signature',
      `The payload type of ${which} is ${JSON.stringify(payloadType)}, not ${PAYLOAD_TYPE}.`,
      ASK_AGAIN,
    )
  const known = signatures.filter(({ keyid }) => trusted.has(keyid))
  if (known.length === 0)
    return unknownKey(
      which,
      signatures.map(({ keyid }) => keyid),
      trusted.size,
    )
  const bytes = preAuthentication(payloadType, payloadOf({ payloadType, payload, signatures }))
  if (known.every(({ sig, keyid }) => keys.holds(bytes, sig, keyid))) return undefined
  return fail('signature', `The signature of ${which} does not fit its text: one of the two was changed.`, ASK_AGAIN)
}

function unknownKey(which: string, ids: readonly string[], trusted: number): PacketCheck {
  const believed = trusted === 0 ? 'no key is believed here' : `not one of the ${trusted} believed here`
  return fail(
    'signature',
    `${which.replace(/^e/, 'E')} is signed by ${ids.map(short).join(' and ')}, ${believed}.`,
    'Get the public key (`gander verify --public-key`) from whoever made the run, by another way than the packet, and give it with --key.',
  )
}
