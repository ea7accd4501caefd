import { canonicalJson } from '../json/index.ts'
import type { Sha256 } from '../ledger/index.ts'
import type { PolicyDocument } from './policy-document.ts'

/** Every document of an installation for one tenant, as one thing that is hashed, signed, stored and made active. */
export interface PolicyBundle {
  readonly format: 'gander.policy.v1'
  readonly documents: readonly PolicyDocument[]
  /** After this moment (RFC 3339) nothing is allowed by it; null: it does not end. */
  readonly expires_at: string | null
}

/** An Ed25519 signature over `signedText`. */
export interface BundleSignature {
  readonly algorithm: 'ed25519'
  /** First 16 hexadecimal digits of the hash over the public key's DER form. */
  readonly key_id: string
  /** Base64. */
  readonly signature: string
}

/** A bundle with its hash, and the signature that somebody put under it. */
export interface SealedBundle {
  readonly bundle: PolicyBundle
  readonly sha256: string
  readonly signature: BundleSignature | null
}

/** A bundle that was made the one that counts for a tenant. */
export interface ActiveBundle extends SealedBundle {
  readonly activated_at: string
  readonly activated_by: string
  readonly reason: string
}

/** What a bundle's hash and its signature are made over. */
export const signedText = (bundle: PolicyBundle): string => `gander.policy_bundle.v1\n${canonicalJson(bundle)}`

/** Hex SHA-256 of a bundle: the name it is stored under. */
export const bundleHash = (sha256: Sha256, bundle: PolicyBundle): string => sha256(signedText(bundle))

/** The bundle of an installation where nobody wrote one: the platform's own rules alone. */
export const EMPTY_BUNDLE: PolicyBundle = { format: 'gander.policy.v1', documents: [], expires_at: null }
