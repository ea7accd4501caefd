import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VectorStore } from './by-meaning.ts'

/** Some hundred megabytes of the widest vectors in use; what comes later is asked again each time. */
const MOST_KEPT = 20_000

/** Keeps vectors as files, named by model and text. A saving, never a source: it may be lost at any time. */
export function createVectorFolder(folder: string): VectorStore {
  const fileOf = (embedder: string, text: string): string =>
    join(folder, createHash('sha256').update(`${embedder}\0${text}`).digest('hex'))
  let room: Promise<number> | undefined
  return {
    async get(embedder, text) {
      const bytes = await readFile(fileOf(embedder, text)).catch(() => undefined)
      if (bytes === undefined || bytes.length === 0 || bytes.length % 4 !== 0) return undefined
      const vector = new Float32Array(Uint8Array.from(bytes).buffer)
      return Math.abs(Math.hypot(...vector) - 1) < 0.001 ? vector : undefined
    },
    async keep(embedder, text, vector) {
      room ??= readdir(folder).then(
        (names) => MOST_KEPT - names.length,
        () => MOST_KEPT,
      )
      if ((await room) <= 0) return
      const aside = join(folder, `${randomUUID()}.part`)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeFile(aside, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength), { mode: 0o600 })
        await rename(aside, fileOf(embedder, text))
      } catch {
        await rm(aside, { force: true }).catch(() => undefined)
      }
    },
  }
}
