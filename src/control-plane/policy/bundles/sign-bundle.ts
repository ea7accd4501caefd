import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { signedText, type BundleSignature, type PolicyBundle } from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'

/** Which signatures an installation trusts. */
export interface BundleTrust {
  /** True: a bundle without a signature of one of the keys allows nothing. */
  readonly require_signatures: boolean
  /** Public keys, PEM. */
  readonly keys: readonly string[]
}

/** What holds where nobody wrote a trust file. */
export const OPEN_TRUST: BundleTrust = { require_signatures: false, keys: [] }

/** Signs a bundle with an Ed25519 private key in PEM. */
export function signBundle(bundle: PolicyBundle, private_key: string): Result<BundleSignature, string> {
  const key = read(() => createPrivateKey(private_key))
  if (key === undefined)
    return refuse('the key is no Ed25519 private key in PEM; make one with openssl genpkey -algorithm ed25519')
  return ok({
    algorithm: 'ed25519',
    key_id: keyId(createPublicKey(key)),
    signature: sign(null, Buffer.from(signedText(bundle)), key).toString('base64'),
  })
}

/** Why a bundle's signature is not good enough for this installation; undefined where it is. */
export function signatureProblem(
  bundle: PolicyBundle,
  signature: BundleSignature | null,
  { require_signatures, keys }: BundleTrust,
): string | undefined {
  if (signature === null)
    return require_signatures ? 'it is not signed, and this installation requires signatures' : undefined
  // Where nobody's key is trusted and none is required, a signature says nothing either way.
  if (keys.length === 0 && !require_signatures) return undefined
  const known = keys.flatMap((pem) => read(() => createPublicKey(pem)) ?? [])
  const key = known.find((each) => keyId(each) === signature.key_id)
  if (key === undefined) return `it is signed with the key ${signature.key_id}, which this installation does not trust`
  const holds = read(() =>
    verify(null, Buffer.from(signedText(bundle)), key, Buffer.from(signature.signature, 'base64')),
  )
  return holds === true ? undefined : 'its signature does not hold: the bundle is not what was signed'
}

/** True for the PEM of an Ed25519 public key. */
export const isPublicKey = (pem: string): boolean => read(() => createPublicKey(pem)) !== undefined

function read<Value>(make: () => Value): Value | undefined {
  try {
    const made = make()
    return isKey(made) && made.asymmetricKeyType !== 'ed25519' ? undefined : made
  } catch {
    return undefined
  }
}

const isKey = (value: unknown): value is KeyObject =>
  typeof value === 'object' && value !== null && 'asymmetricKeyType' in value

const keyId = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
