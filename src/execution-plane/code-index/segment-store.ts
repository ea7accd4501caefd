import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PART, putWhole } from './put-whole.ts'
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
      const written = await Promise.all(segments.map((bytes) => putWhole(folder, nameOf(digestAt(bytes)), bytes)))
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
