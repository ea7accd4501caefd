import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const part = z.strictObject({ name: z.string().min(1).max(200), sha256, bytes: z.number().int().nonnegative() })
const manifest = z.strictObject({
  schema: z.literal('gander.replay/1'),
  run_id: z.string().min(1),
  tenant_id: z.string().min(1),
  /** Of the canonical contract. */
  contract_sha256: sha256,
  base: z.strictObject({ commit: z.string(), tree: z.string() }),
  /** The policy bundle the run was pinned to; null where it was pinned to none. */
  bundle_sha256: sha256.nullable(),
  /** How it ended. */
  state: z.string(),
  tree: z.string().nullable(),
  /** Hashes of the model exchanges, in the order of their steps. */
  exchanges: z.array(sha256),
  parts: z.array(part),
})
const packed = z.strictObject({ manifest, manifest_sha256: sha256, parts: z.record(z.string(), z.string()) })

/** What a package says of its run, with the hash of every part. */
type ReplayManifest = Readonly<z.infer<typeof manifest>>

/** A package whose parts are those it was sealed with. */
export interface ReplayPackage {
  readonly manifest: ReplayManifest
  readonly manifest_sha256: string
  readonly parts: { readonly [name: string]: string }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Makes the text of a package. */
export function sealReplayPackage(
  about: Omit<ReplayManifest, 'schema' | 'parts'>,
  parts: ReplayPackage['parts'],
): string {
  const listed = Object.entries(parts)
    .map(([name, text]) => ({ name, sha256: hashOf(text), bytes: Buffer.byteLength(text) }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  const sealed: ReplayManifest = { schema: 'gander.replay/1', ...about, parts: listed }
  return JSON.stringify({ manifest: sealed, manifest_sha256: hashOf(canonicalJson(sealed)), parts })
}

/** Opens a package, or says what of it is not as it was sealed. */
export function openReplayPackage(text: string): Result<ReplayPackage, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return refuse('it is no JSON')
  }
  const read = packed.safeParse(parsed)
  if (!read.success) {
    const [issue] = read.error.issues
    return refuse(`${issue?.path.join('.') || 'the package'}: ${issue?.message ?? 'not as it must be'}`)
  }
  const { manifest: said, manifest_sha256, parts } = read.data
  if (hashOf(canonicalJson(said)) !== manifest_sha256)
    return refuse('its manifest does not have the hash it was sealed with')
  const wrong = said.parts.find(({ name, sha256: hash }) => hashOf(parts[name] ?? '') !== hash)
  if (wrong !== undefined)
    return refuse(wrong.name in parts ? `its part ${wrong.name} was changed` : `its part ${wrong.name} is missing`)
  const names = new Set(said.parts.map(({ name }) => name))
  const foreign = Object.keys(parts).find((name) => !names.has(name))
  if (foreign !== undefined) return refuse(`its part ${foreign} is not in the manifest`)
  const missing = said.exchanges.find((hash) => !said.parts.some((each) => each.sha256 === hash))
  if (missing !== undefined) return refuse(`the model exchange ${missing.slice(0, 12)} is missing`)
  return ok({ manifest: said, manifest_sha256, parts })
}
