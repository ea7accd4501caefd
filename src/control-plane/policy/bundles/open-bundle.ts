import { createHash } from 'node:crypto'
import { bundleHash, POLICY_LEVELS, type BundleSignature, type PolicyBundle, type SealedBundle } from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'
import type { PolicyEngine } from '#ports'
import type { CompiledLevel } from '../levels/compile-level.ts'
import { compileLevels } from '../levels/compile-policy.ts'
import { signatureProblem, type BundleTrust } from './sign-bundle.ts'

/** What a bundle is opened with. */
interface Opening {
  /** What was asked for; what is read must be exactly this. */
  readonly sha256: string
  readonly trust: BundleTrust
  readonly engine: PolicyEngine | undefined
}

/** A bundle that may be decided by. */
export interface OpenBundle {
  readonly sha256: string
  readonly levels: readonly CompiledLevel[]
  readonly expires_at: string | null
}

/** Hex SHA-256, as bundles are named by. */
const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A bundle under its name, with the signature that somebody gave. */
export const sealBundle = (bundle: PolicyBundle, signature: BundleSignature | null = null): SealedBundle => ({
  bundle,
  sha256: bundleHash(sha256Of, bundle),
  signature,
})

/** Opens what was kept: missing, altered, unsigned where that is required, or unreadable, it is refused with the reason. */
export function openBundle(
  kept: SealedBundle | undefined,
  { sha256, trust, engine }: Opening,
): Result<OpenBundle, string> {
  const shown = sha256.slice(0, 12)
  if (kept === undefined) return refuse(`the policy bundle ${shown} is not on record`)
  const { bundle } = kept
  try {
    if (kept.sha256 !== sha256 || bundleHash(sha256Of, bundle) !== sha256)
      return refuse(`the policy bundle ${shown} is not what its hash says; it was altered`)
    const untrusted = signatureProblem(bundle, kept.signature, trust)
    if (untrusted !== undefined) return refuse(`the policy bundle ${shown} is refused: ${untrusted}`)
    if (bundle.format !== 'gander.policy.v1') return refuse(`the policy bundle ${shown} is of an unknown format`)
    if (bundle.documents.some(({ level }) => !POLICY_LEVELS.includes(level)))
      return refuse(`the policy bundle ${shown} has an unknown level`)
    const levels = compileLevels(bundle.documents, engine)
    if (!levels.ok)
      return refuse(`the policy bundle ${shown} cannot be compiled: ${levels.refusal.slice(0, 3).join('; ')}`)
    return ok({ sha256, levels: levels.value, expires_at: bundle.expires_at })
  } catch (error) {
    return refuse(
      `the policy bundle ${shown} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
