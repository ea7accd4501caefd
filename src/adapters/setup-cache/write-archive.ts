import { createHash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import type { SetupCacheKey } from '#ports'
import { MOST_MANIFEST_BYTES, SEAL_LENGTH_BYTES, sealed, type ArchiveEntry } from './archive-manifest.ts'

/** Folders of a layer; everything else beside them is no part of it. */
const PARTS = ['home', 'tree'] as const
const CHUNK = Buffer.allocUnsafe(1024 ** 2)
/** A worker's heartbeat goes on while a layer is read. */
const BREATHE_MS = 20

/** Why a layer cannot be archived. */
export class NotArchived extends Error {
  readonly outcome: 'too_large' | 'not_plain'
  constructor(outcome: 'too_large' | 'not_plain') {
    super(outcome)
    this.outcome = outcome
  }
}

interface Writing {
  readonly to: number
  readonly most_bytes: number
  readonly entries: ArchiveEntry[]
  written: number
  breathed: number
}

/** Writes a layer to an open file. Links are noted, never followed. @throws NotArchived, and as the file system */
export async function writeArchive(
  to: number,
  layer: string,
  wish: { readonly key: SetupCacheKey; readonly secret: Uint8Array; readonly most_bytes: number },
): Promise<void> {
  const writing: Writing = { to, most_bytes: wish.most_bytes, entries: [], written: 0, breathed: Date.now() }
  for (const part of PARTS) await writeFolder(writing, layer, part)
  const manifest = Buffer.from(JSON.stringify(writing.entries))
  if (manifest.length > MOST_MANIFEST_BYTES) throw new NotArchived('too_large')
  const seal = Buffer.from(JSON.stringify(sealed(wish.key, manifest, wish.secret)))
  const length = Buffer.alloc(SEAL_LENGTH_BYTES)
  length.writeUInt32LE(seal.length)
  for (const part of [manifest, seal, length]) append(to, part, part.length)
}

async function writeFolder(writing: Writing, layer: string, path: string): Promise<void> {
  const { mode } = lstatSync(join(layer, path))
  writing.entries.push(['folder', path, mode & 0o777])
  const entries = readdirSync(join(layer, path), { withFileTypes: true })
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const inner = `${path}/${entry.name}`
    if (entry.isDirectory()) await writeFolder(writing, layer, inner)
    else if (entry.isSymbolicLink()) writing.entries.push(['link', inner, readlinkSync(join(layer, inner))])
    else if (entry.isFile()) writeFile(writing, layer, inner)
    else throw new NotArchived('not_plain')
    if (Date.now() - writing.breathed < BREATHE_MS) continue
    await breathe()
    writing.breathed = Date.now()
  }
}

function writeFile(writing: Writing, layer: string, path: string): void {
  const from = openSync(join(layer, path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const { mode, mtimeMs } = fstatSync(from)
    const hash = createHash('sha256')
    let size = 0
    for (let read = readSync(from, CHUNK); read > 0; read = readSync(from, CHUNK)) {
      hash.update(CHUNK.subarray(0, read))
      append(writing.to, CHUNK, read)
      size += read
      writing.written += read
      if (writing.written > writing.most_bytes) throw new NotArchived('too_large')
    }
    writing.entries.push(['file', path, mode & 0o777, mtimeMs, size, hash.digest('hex')])
  } finally {
    closeSync(from)
  }
}

function append(to: number, bytes: Uint8Array, length: number): void {
  for (let done = 0; done < length; ) done += writeSync(to, bytes, done, length - done)
}
