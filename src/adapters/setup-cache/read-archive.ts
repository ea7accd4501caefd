import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import type { SetupCacheKey } from '#ports'
import { MOST_SEAL_BYTES, openManifest, openSeal, SEAL_LENGTH_BYTES, type ArchiveEntry } from './archive-manifest.ts'

const CHUNK_BYTES = 1024 ** 2
const BREATHE_MS = 20

/** An archive that is not what was kept under its key. */
export class Tampered extends Error {}

/** Reads the list of an open archive, checked against its seal and its size. @throws Tampered */
export function readManifest(from: number, key: SetupCacheKey, secret: Uint8Array): readonly ArchiveEntry[] {
  const stat = fstatSync(from)
  if (!stat.isFile() || stat.size < SEAL_LENGTH_BYTES) throw new Tampered('it is no archive')
  const length = readAt(from, stat.size - SEAL_LENGTH_BYTES, SEAL_LENGTH_BYTES).readUInt32LE()
  const seal_at = stat.size - SEAL_LENGTH_BYTES - length
  if (length > MOST_SEAL_BYTES || seal_at < 0) throw new Tampered('it has no seal')
  const seal = openSeal(readAt(from, seal_at, length).toString('utf8'), key, secret)
  if (seal === undefined) throw new Tampered('its seal was not made here for this tenant, trust and lockfile')
  const manifest_at = seal_at - seal.manifest_bytes
  if (manifest_at < 0) throw new Tampered('it is cut short')
  const entries = openManifest(readAt(from, manifest_at, seal.manifest_bytes), seal.manifest_sha256)
  if (entries === undefined) throw new Tampered('its list was changed')
  const content = entries.reduce((sum, entry) => sum + (entry[0] === 'file' ? entry[4] : 0), 0)
  if (content !== manifest_at) throw new Tampered('it holds more or less than its list says')
  return entries
}

/** Writes what the list names into a fresh folder; each file's hash is compared on the way. @throws Tampered */
export async function writeLayer(from: number, entries: readonly ArchiveEntry[], layer: string): Promise<void> {
  mkdirSync(layer, { recursive: true, mode: 0o700 })
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let at = 0
  let breathed = Date.now()
  for (const entry of entries) {
    const place = join(layer, entry[1])
    if (entry[0] === 'folder') mkdirSync(place, { mode: 0o700 })
    else if (entry[0] === 'link') symlinkSync(entry[2], place)
    else at = copyFile({ from, at, buffer }, entry, place)
    if (Date.now() - breathed < BREATHE_MS) continue
    await breathe()
    breathed = Date.now()
  }
  // Last, because a folder may be closed to its own contents.
  for (const entry of entries.toReversed())
    if (entry[0] === 'folder') chmodSync(join(layer, entry[1]), entry[2] & 0o777)
}

interface Source {
  readonly from: number
  readonly at: number
  readonly buffer: Buffer
}

function copyFile(
  { from, at, buffer }: Source,
  entry: Extract<ArchiveEntry, readonly ['file', ...unknown[]]>,
  place: string,
): number {
  const [, path, mode, mtime_ms, size, sha256] = entry
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const to = openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    const hash = createHash('sha256')
    for (let done = 0; done < size; ) {
      const read = readSync(from, buffer, 0, Math.min(buffer.length, size - done), at + done)
      if (read === 0) throw new Tampered(`${path} is cut short`)
      hash.update(buffer.subarray(0, read))
      for (let written = 0; written < read; ) written += writeSync(to, buffer, written, read - written)
      done += read
    }
    if (hash.digest('hex') !== sha256) throw new Tampered(`${path} was changed`)
    futimesSync(to, mtime_ms / 1000, mtime_ms / 1000)
    fchmodSync(to, mode & 0o777)
  } finally {
    closeSync(to)
  }
  return at + size
}

function readAt(from: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const read = readSync(from, buffer, done, length - done, position + done)
    if (read === 0) throw new Tampered('it is cut short')
    done += read
  }
  return buffer
}
