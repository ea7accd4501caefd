import { createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'

/** A certificate that is known by its own hash and signed by nobody else. */
export interface OwnCertificate {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

/** Ten years: a certificate that is pinned is replaced by a person, not by the calendar. */
const VALID_MS = 10 * 365 * 24 * 3_600_000
const SEQUENCE = 0x30
const SET = 0x31
/** 2.5.4.3, the common name. */
const COMMON_NAME = der(0x06, Buffer.from([0x55, 0x04, 0x03]))
/** 1.2.840.10045.4.3.2, ECDSA over SHA-256. */
const ECDSA_SHA256 = der(SEQUENCE, der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])))

/** Makes a certificate for a name, valid from a moment on (milliseconds since 1970), with a new P-256 key. */
export function selfSigned(name: string, now: number): OwnCertificate {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const named = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(name)))))
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    // Positive, and never with a leading zero byte.
    der(0x02, Buffer.concat([Buffer.from([0x4a]), randomBytes(15)])),
    ECDSA_SHA256,
    named,
    der(SEQUENCE, moment(now - 3_600_000), moment(now + VALID_MS)),
    named,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, key))
  const cert = new X509Certificate(der(SEQUENCE, body, ECDSA_SHA256, signature))
  return { key: key.export({ type: 'pkcs8', format: 'pem' }), cert: cert.toString() }
}

/** What a certificate is pinned by: SHA-256 over it, in lower-case hex. */
export const fingerprintOf = (cert: string | Buffer): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase()

/** One value of the distinguished encoding rules. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content])
}

/** GeneralizedTime, to the second. */
const moment = (at: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}Z`))
