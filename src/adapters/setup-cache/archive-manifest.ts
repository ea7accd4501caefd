import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '#domain/json'
import type { SetupCacheKey } from '#ports'

/**
 * An archive is one file: the bytes of all regular files one after the other, then the manifest that says which are
 * whose, then the seal over key and manifest, then the seal's length in four bytes. Written once, from front to back.
 */
export type ArchiveEntry =
  | readonly [kind: 'folder', path: string, mode: number]
  | readonly [kind: 'file', path: string, mode: number, mtime_ms: number, size: number, sha256: string]
  | readonly [kind: 'link', path: string, target: string]

/** What is read at the end of an archive; `mac` is over all the rest. */
interface ArchiveSeal {
  readonly tenant: string
  readonly trust: string
  readonly digest: string
  readonly manifest_bytes: number
  readonly manifest_sha256: string
  readonly mac: string
}

export const SEAL_LENGTH_BYTES = 4
export const MOST_SEAL_BYTES = 4_096
export const MOST_MANIFEST_BYTES = 256 * 1024 ** 2

const size = z.int().min(0)
const entries: z.ZodType<readonly ArchiveEntry[]> = z.array(
  z.union([
    z.tuple([z.literal('folder'), z.string(), size]),
    z.tuple([z.literal('file'), z.string(), size, z.number(), size, z.string()]),
    z.tuple([z.literal('link'), z.string(), z.string()]),
  ]),
)
const seal: z.ZodType<ArchiveSeal> = z.strictObject({
  tenant: z.string(),
  trust: z.string(),
  digest: z.string(),
  manifest_bytes: size.max(MOST_MANIFEST_BYTES),
  manifest_sha256: z.string(),
  mac: z.string(),
})

/** Seals a manifest for one key under the cache's secret. */
export function sealed(key: SetupCacheKey, manifest: Uint8Array, secret: Uint8Array): ArchiveSeal {
  const manifest_sha256 = createHash('sha256').update(manifest).digest('hex')
  const open = { ...key, manifest_bytes: manifest.length, manifest_sha256 }
  return { ...open, mac: macOf(open, secret) }
}

/** Reads a seal. Undefined for one that is none, that another secret made, or that was made for another key. */
export function openSeal(text: string, key: SetupCacheKey, secret: Uint8Array): ArchiveSeal | undefined {
  const read = seal.safeParse(parsed(text))
  if (!read.success) return undefined
  const { mac, ...open } = read.data
  const [given, wanted] = [Buffer.from(mac, 'hex'), Buffer.from(macOf(open, secret), 'hex')]
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
  const isMeant = open.tenant === key.tenant && open.trust === key.trust && open.digest === key.digest
  return isMeant ? read.data : undefined
}

/** Reads a manifest; undefined for one that names a place outside of the layer, or one twice, or before its folder. */
export function openManifest(bytes: Uint8Array, sha256: string): readonly ArchiveEntry[] | undefined {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return undefined
  const read = entries.safeParse(parsed(new TextDecoder().decode(bytes)))
  if (!read.success) return undefined
  const folders = new Set([''])
  const seen = new Set<string>()
  for (const [kind, path] of read.data) {
    const parts = path.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return undefined
    if (seen.has(path) || !folders.has(parts.slice(0, -1).join('/'))) return undefined
    seen.add(path)
    if (kind === 'folder') folders.add(path)
  }
  return read.data
}

const macOf = (open: Omit<ArchiveSeal, 'mac'>, secret: Uint8Array): string =>
  createHmac('sha256', secret)
    .update(`gander.setup_cache.v1\n${canonicalJson({ ...open })}`)
    .digest('hex')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
