import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Segment } from './segment.ts'
import { digestAt, SEGMENT_VERSION } from './segment-format.ts'

/** Keeps segments between two uses. What is kept is a saving, never a source: it may be lost at any time. */
export interface SegmentStore {
  /** Every whole segment there is. */
  load(): Promise<readonly Segment[]>
  /** Keeps new segments, and forgets those that they stand for, by id. */
  keep(segments: readonly Uint8Array[], instead_of: readonly string[]): Promise<void>
}

const ENDING = `.v${SEGMENT_VERSION}.segment`

const PART = '.part'
/** Writing one takes a second at most; whoever began an older one is gone. */
const PART_IS_LEFT_MS = 3_600_000
const nameOf = (id: string): string => `${id}${ENDING}`

/**
 * Segments as files of a folder, each under the digest of what it holds and put in place whole. A file that is cut,
 * changed or of another version is removed, and a folder that cannot be written keeps nothing: the index is then made
 * each time.
 */
export function createSegmentFolder(folder: string): SegmentStore {
  return {
    async load() {
      const names = await readdir(folder).catch(() => [])
      const opened = await Promise.all(names.map((name) => open(join(folder, name))))
      return opened.filter((segment) => segment !== undefined)
    },
    async keep(segments, instead_of) {
      const written = await Promise.all(segments.map((bytes) => write(folder, bytes)))
      if (written.includes(false)) return
      await Promise.all(instead_of.map((id) => rm(join(folder, nameOf(id)), { force: true })))
    },
  }
}

async function open(path: string): Promise<Segment | undefined> {
  if (path.endsWith(PART)) return sweepPart(path)
  if (!path.endsWith('.segment')) return undefined
  const bytes = path.endsWith(ENDING) ? await readFile(path).catch(() => undefined) : undefined
  const segment = bytes === undefined ? undefined : await Segment.open(inPlace(bytes))
  if (segment === undefined) await rm(path, { force: true, recursive: true }).catch(() => undefined)
  return segment
}

async function sweepPart(path: string): Promise<undefined> {
  const written = await stat(path).catch(() => undefined)
  if (written !== undefined && Date.now() - written.mtimeMs > PART_IS_LEFT_MS) await rm(path, { force: true })
}

/** Numbers are read in place, so they must stand at a multiple of four. */
const inPlace = (bytes: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)

/** False when the disk would not take it. */
async function write(folder: string, bytes: Uint8Array): Promise<boolean> {
  const aside = join(folder, `${randomUUID()}${PART}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(aside, bytes, { mode: 0o600 })
    await rename(aside, join(folder, nameOf(digestAt(bytes))))
    return true
  } catch {
    await rm(aside, { force: true }).catch(() => undefined)
    return false
  }
}
