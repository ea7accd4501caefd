import type { TenantId } from '#domain/ids'
import { isGanderError } from '#domain/failure'
import { EMPTY_BUNDLE } from '#domain/policy'
import type { Result } from '#domain/result'
import type { Clock, PolicyBundles, PolicyEngine } from '#ports'
import { makeBundle, type PolicyFile } from '../bundles/make-bundle.ts'
import { openBundle, sealBundle, type OpenBundle } from '../bundles/open-bundle.ts'
import { signatureProblem, type BundleTrust } from '../bundles/sign-bundle.ts'
import { ok, refuse } from '#domain/result'

/** What the policies of an installation are read from. */
export interface PolicySources {
  readonly clock: Clock
  readonly bundles: PolicyBundles
  /** Files of GANDER_HOME/policy; empty where there is no such folder. They count until a bundle is activated. */
  readonly files: () => Promise<readonly PolicyFile[]>
  /** Which signatures are trusted, or why that can't be told. */
  readonly trust: () => Promise<Result<BundleTrust, string>>
  /** Loaded when Cedar text is first met. */
  readonly engine: () => Promise<PolicyEngine>
}

/** How long what was read may be used without looking again, and without being able to look. */
const POLICY_AGE = { fresh_ms: 1_000, stale_ms: 10_000 }

/**
 * Reads bundles for decisions; what was compiled once is remembered by its hash. A database that is away for longer than
 * an answer may be believed is thrown: nothing is allowed then, and no run ends by it that could go on afterwards.
 */
export interface CurrentPolicy {
  /** What is active for a tenant now, or why nothing may be decided. */
  active(tenant: TenantId): Promise<Result<OpenBundle, string>>
  /** A bundle that a run was pinned to. */
  pinned(tenant: TenantId, sha256: string): Promise<Result<OpenBundle, string>>
}

const EMPTY = sealBundle(EMPTY_BUNDLE)
const MOST_COMPILED = 32

interface Seen {
  readonly at: number
  readonly answer: Result<OpenBundle, string>
}

/** Opens the reader of an installation. */
export function openCurrentPolicy(sources: PolicySources): CurrentPolicy {
  const compiled = new Map<string, OpenBundle>()
  const seen = new Map<TenantId, Seen>()
  const remember = (answer: Result<OpenBundle, string>): Result<OpenBundle, string> => {
    if (!answer.ok) return answer
    if (compiled.size >= MOST_COMPILED) compiled.clear()
    compiled.set(answer.value.sha256, answer.value)
    return answer
  }
  return {
    active: async (tenant) => {
      const now = sources.clock.now()
      const last = seen.get(tenant)
      if (last !== undefined && now - last.at < POLICY_AGE.fresh_ms) return last.answer
      const answer = await readActive(sources, tenant, compiled).then(remember, (error: unknown) =>
        outOfReach(error, last, now),
      )
      // What could not be read now keeps the moment at which it was last read.
      if (answer !== last?.answer) seen.set(tenant, { at: now, answer })
      return answer
    },
    pinned: async (tenant, sha256) => {
      if (sha256 === EMPTY.sha256) return ok({ sha256, levels: [], expires_at: null })
      const kept = await sources.bundles.read(tenant, sha256).catch(unlessAway)
      // What a run is held to was trusted when it began; what is trusted now is asked of the active bundle.
      const trust = { require_signatures: false, keys: [] }
      return remember(
        openBundle(kept, { sha256, trust, engine: await engineFor(sources, kept?.bundle.documents ?? []) }),
      )
    },
  }
}

/** A short break of the database leaves what was last read in force, never longer than ten seconds. */
function outOfReach(error: unknown, last: Seen | undefined, now: number): Result<OpenBundle, string> {
  if (last?.answer.ok === true && now - last.at < POLICY_AGE.stale_ms) return last.answer
  unlessAway(error)
  return refuse(`the active policy cannot be read (${error instanceof Error ? error.message : String(error)})`)
}

/** Nothing to go by, unless the database only has to come back. */
function unlessAway(error: unknown): undefined {
  if (isGanderError(error) && error.retryable) throw error
}

async function readActive(
  sources: PolicySources,
  tenant: TenantId,
  compiled: ReadonlyMap<string, OpenBundle>,
): Promise<Result<OpenBundle, string>> {
  const trust = await sources.trust()
  if (!trust.ok) return trust
  const active = await sources.bundles.active(tenant)
  if (active === undefined) return ofFiles(sources, tenant, trust.value)
  const { sha256 } = active
  const known = compiled.get(sha256)
  const untrusted = signatureProblem(active.bundle, active.signature, trust.value)
  if (known !== undefined && untrusted === undefined) return ok(known)
  return openBundle(active, { sha256, trust: trust.value, engine: await engineFor(sources, active.bundle.documents) })
}

/** Until somebody activates a bundle, the files are the policy; what they say is kept, so that runs can be pinned to it. */
async function ofFiles(
  sources: PolicySources,
  tenant: TenantId,
  { require_signatures }: BundleTrust,
): Promise<Result<OpenBundle, string>> {
  if (require_signatures) return refuse('this installation requires a signed policy bundle, and none is active')
  const files = await sources.files()
  if (files.length === 0) return ok({ sha256: EMPTY.sha256, levels: [], expires_at: null })
  const hasCedar = files.some(({ path, text }) => path.endsWith('.cedar') || /^cedar:/m.test(text))
  const made = makeBundle(files, { tenant, engine: hasCedar ? await sources.engine() : undefined })
  if (!made.ok) return refuse(`the policy files cannot be used: ${made.refusal.slice(0, 3).join('; ')}`)
  const sealed = sealBundle(made.value.bundle)
  await sources.bundles.keep(tenant, sealed, 'files')
  return ok({ sha256: sealed.sha256, levels: made.value.levels, expires_at: sealed.bundle.expires_at })
}

const engineFor = async (
  { engine }: PolicySources,
  documents: readonly { readonly cedar: string | null }[],
): Promise<PolicyEngine | undefined> => (documents.some(({ cedar }) => cedar !== null) ? engine() : undefined)
