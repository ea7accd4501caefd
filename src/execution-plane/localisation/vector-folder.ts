import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { putWhole } from '#execution-plane/code-index'
import type { VectorStore } from './by-meaning.ts'

/** Some hundred megabytes of the widest vectors in use; what comes later is asked again each time. */
const MOST_KEPT = 20_000

/** Keeps vectors as files, named by model and text. A saving, never a source: it may be lost at any time. */
export function createVectorFolder(folder: string): VectorStore {
  const nameOf = (embedder: string, text: string): string =>
    createHash('sha256').update(`${embedder}\0${text}`).digest('hex')
  let room: Promise<number> | undefined
  return {
    async get(embedder, text) {
      const bytes = await readFile(join(folder, nameOf(embedder, text))).catch(() => undefined)
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
      await putWhole(folder, nameOf(embedder, text), Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength))
    },
  }
}
