import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The ending of a file that is being written. */
export const PART = '.part'

/** Puts a file of a cache in place whole or not at all, for this user alone; false when the disk would not take it. */
export async function putWhole(folder: string, name: string, bytes: Uint8Array): Promise<boolean> {
  const aside = join(folder, `${randomUUID()}${PART}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(aside, bytes, { mode: 0o600 })
    await rename(aside, join(folder, name))
    return true
  } catch {
    await rm(aside, { force: true }).catch(() => undefined)
    return false
  }
}
