import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ArtifactStore } from '#ports'

/**
 * Puts stored bytes under a name that people can read, below the run's folder: a copy, so that who edits it changes
 * nothing on record. Undefined where there are no such bytes; their address where no copy can be made.
 */
export async function namedCopy(
  artifacts: ArtifactStore,
  sha256: string | undefined,
  path: string,
): Promise<string | undefined> {
  const bytes = sha256 === undefined ? undefined : await artifacts.get(sha256)
  if (sha256 === undefined || bytes === undefined) return undefined
  try {
    const there = await readFile(path).catch(() => undefined)
    if (there?.equals(bytes) === true) return path
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const aside = `${path}.${process.pid}`
    await writeFile(aside, bytes)
    await rename(aside, path)
    return path
  } catch {
    // A full or read-only home takes nothing from what is stored.
    return artifacts.locate(sha256)
  }
}
