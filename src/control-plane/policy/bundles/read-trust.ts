import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import { ok, refuse, type Result } from '#domain/result'
import { isPublicKey, OPEN_TRUST, type BundleTrust } from './sign-bundle.ts'

const trustSchema = z.strictObject({
  /** Absent: false. */
  require_signatures: z.boolean().optional(),
  /** Ed25519 public keys in PEM. Absent or empty: none is trusted. */
  keys: z.array(z.string().refine(isPublicKey, 'must be an Ed25519 public key in PEM')).optional(),
})

/** Reads `trust.yaml`; without a file no signature is required. */
export function readTrust(text: string | undefined): Result<BundleTrust, string> {
  if (text === undefined) return ok(OPEN_TRUST)
  const read = readDocument(text, trustSchema, { may_be_empty: true })
  if (!read.ok) return refuse(`trust.yaml: ${shownProblems(read.refusal)}`)
  return ok({ require_signatures: read.value.require_signatures ?? false, keys: read.value.keys ?? [] })
}
