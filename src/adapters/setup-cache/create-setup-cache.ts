import { randomBytes } from 'node:crypto'
import { closeSync, constants, existsSync, futimesSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { storageFailure } from '#domain/failure'
import type { KeptSetup, RestoredSetup, SetupCache, SetupCacheKey } from '#ports'
import { archivePath, cacheSecret, evict } from './cache-folder.ts'
import { readManifest, Tampered, writeLayer } from './read-archive.ts'
import { NotArchived, writeArchive } from './write-archive.ts'

/** All kept setups together; a single one may have half of it. */
const MOST_BYTES = 8 * 1024 ** 3

interface SetupCacheOptions {
  /** Gander's home, absolute. */
  readonly home: string
  /** Absent: 8 GiB. 0: nothing is kept. */
  readonly most_bytes?: number
}

/** The cache of setups on this machine, below `cache/setups` of Gander's home. */
export function createSetupCache({ home, most_bytes = MOST_BYTES }: SetupCacheOptions): SetupCache {
  const folder = join(home, 'cache', 'setups')
  const secret = () => cacheSecret(join(home, 'setup-cache.key'))
  return {
    restore: (key, layer) => restore(archivePath(folder, key), key, { layer, secret }),
    keep: async (key, layer) => {
      const kept = await keep(archivePath(folder, key), key, { layer, secret, most_bytes: most_bytes / 2 })
      if (kept === 'kept') await evict(folder, most_bytes, Date.now())
      return kept
    },
  }
}

interface Act {
  readonly layer: string
  readonly secret: () => Uint8Array
}

/** @throws GanderError `storage_full`, `storage_unwritable` where the layer itself cannot be written */
async function restore(path: string, key: SetupCacheKey, { layer, secret }: Act): Promise<RestoredSetup> {
  let from: number
  try {
    from = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? { kind: 'absent' }
      : refused(path, 'it cannot be opened')
  }
  try {
    const entries = readManifest(from, key, secret())
    await writeLayer(from, entries, layer)
    const now = Date.now() / 1000
    futimesSync(from, now, now)
    const files = entries.flatMap((entry) => (entry[0] === 'file' ? [entry[4]] : []))
    return { kind: 'restored', files: files.length, bytes: files.reduce((sum, size) => sum + size, 0) }
  } catch (error) {
    await rm(layer, { recursive: true, force: true })
    if (error instanceof Tampered) return refused(path, error.message)
    throw storageFailure(error, layer)
  } finally {
    closeSync(from)
  }
}

function refused(path: string, reason: string): RestoredSetup {
  rmSync(path, { recursive: true, force: true })
  return { kind: 'refused', reason }
}

async function keep(
  path: string,
  key: SetupCacheKey,
  { layer, secret, most_bytes }: Act & { readonly most_bytes: number },
): Promise<KeptSetup> {
  const fresh = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`
  try {
    // What is there already was checked when it was used, or will be.
    if (existsSync(path)) return 'kept'
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const to = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      // Not synced: what a power cut tears is refused by its seal.
      await writeArchive(to, layer, { key, secret: secret(), most_bytes })
    } finally {
      closeSync(to)
    }
    renameSync(fresh, path)
    return 'kept'
  } catch (error) {
    return error instanceof NotArchived ? error.outcome : 'not_written'
  } finally {
    await rm(fresh, { force: true }).catch(() => undefined)
  }
}
