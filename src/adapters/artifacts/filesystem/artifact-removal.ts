import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { storageFailure } from '#domain/failure'
import type { ArtifactRemoval } from '#ports'

/** Bytes that were put within this time stay: their reference may not be on record yet. */
const RECENT_MS = 3_600_000

/**
 * Removes files of home/artifacts. A file is first renamed aside, so that whoever puts the same bytes meanwhile writes
 * its own; one that turns out to have been put just now is renamed back. A removal that was cut short is finished by the
 * next.
 */
export function createArtifactRemoval(options: {
  readonly home: string
  readonly recent_ms?: number
}): ArtifactRemoval {
  const recent_ms = options.recent_ms ?? RECENT_MS
  return {
    remove: async (sha256) => {
      const folder = join(options.home, 'artifacts', sha256.slice(0, 2))
      const path = join(folder, sha256.slice(2))
      const aside = join(folder, `.leaving-${sha256.slice(2)}`)
      try {
        return await remove({ folder, path, aside, recent_ms })
      } catch (error) {
        throw storageFailure(error, path)
      }
    },
  }
}

interface Leaving {
  readonly folder: string
  readonly path: string
  readonly aside: string
  readonly recent_ms: number
}

async function remove({ folder, path, aside, recent_ms }: Leaving): Promise<'removed' | 'absent' | 'in_use'> {
  const isRecent = async (at: string) => Date.now() - (await stat(at)).mtimeMs < recent_ms
  const there = await exists(path)
  if (there && (await isRecent(path))) return 'in_use'
  if (there) await rename(path, aside)
  else if (!(await exists(aside))) return 'absent'
  if (there && (await isRecent(aside))) {
    if (!(await exists(path))) await rename(aside, path)
    return 'in_use'
  }
  await rm(aside)
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  return 'removed'
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
