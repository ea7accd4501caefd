import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SetupCacheKey } from '#ports'

const SECRET_BYTES = 32
/** What a process that died while writing leaves behind. */
const STALE_MS = 3_600_000

/** Where an archive lies; tenants are told apart by a hash, so that none is a path. */
export function archivePath(folder: string, { tenant, trust, digest }: SetupCacheKey): string {
  const hidden = createHash('sha256').update(tenant).digest('hex').slice(0, 32)
  const plain = /^[0-9a-f]{64}$/.test(digest) ? digest : createHash('sha256').update(digest).digest('hex')
  return join(folder, hidden, trust.replaceAll(/[^a-z_]/g, '_'), `${plain}.setup`)
}

/** The secret that archives are sealed with, made at the first use; it lies beside the cache, never in it. */
export function cacheSecret(path: string): Uint8Array {
  const found = readSecret(path)
  if (found !== undefined) return found
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(fresh, randomBytes(SECRET_BYTES), { mode: 0o600 })
  chmodSync(fresh, 0o600)
  try {
    linkSync(fresh, path)
  } catch (error) {
    // Another process was first, and its secret counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(fresh, { force: true })
  }
  return readFileSync(path)
}

function readSecret(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path)
    return bytes.length === SECRET_BYTES ? bytes : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
    return undefined
  }
}

/** Removes archives, those unused for longest first, until the rest fits; one that is being read stays readable. */
export async function evict(folder: string, most_bytes: number, now: number): Promise<void> {
  const found: { readonly path: string; readonly bytes: number; readonly used_at: number }[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const seen = await stat(path).catch(() => undefined)
    if (seen === undefined) continue
    if (entry.name.endsWith('.setup')) found.push({ path, bytes: seen.size, used_at: seen.mtimeMs })
    else if (now - seen.mtimeMs > STALE_MS) await rm(path, { force: true })
  }
  let bytes = found.reduce((sum, archive) => sum + archive.bytes, 0)
  for (const archive of found.sort((one, other) => one.used_at - other.used_at)) {
    if (bytes <= most_bytes) return
    await rm(archive.path, { force: true })
    bytes -= archive.bytes
  }
}
