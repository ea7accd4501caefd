import { Buffer, isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import picomatch from 'picomatch'
import { addedCuts, type CutSecrets } from '#domain/event'
import type { PathGroups } from '#domain/sandbox'
import type { ArtifactStore, Redactor, RunArtifact } from '#ports'

/** How much one verification may hand over; the rest is named and left. */
const MOST = { files: 200, bytes: 16 * 1024 ** 2, all_bytes: 64 * 1024 ** 2, looked_at: 200_000 } as const

/** What was kept and what was left, with the reason. */
interface Exported {
  readonly artifacts: readonly RunArtifact[]
  readonly left: readonly { readonly path: string; readonly reason: string }[]
  /** What was cut out of all that was kept. */
  readonly cut: CutSecrets
}

interface ExportWish {
  /** Absolute host path of a sandbox's tree in which no command runs any more. */
  readonly root: string
  readonly patterns: PathGroups
  readonly artifacts: ArtifactStore
  readonly redactor: Redactor
}

/**
 * Keeps the files of a tree that every list of globs covers. The tree belongs to whoever wrote it: links are listed and
 * never followed, folders are entered by what `lstat` says, only regular files are opened, and what is kept is redacted.
 */
export async function exportArtifacts(wish: ExportWish): Promise<Exported> {
  const artifacts: RunArtifact[] = []
  const left: { path: string; reason: string }[] = []
  const cuts: CutSecrets[] = []
  if (wish.patterns.length === 0) return { artifacts, left, cut: addedCuts(cuts) }
  const wanted = wish.patterns.map((group) => group.map((glob) => picomatch(glob, { dot: true })))
  let room = MOST.all_bytes
  for await (const path of namesBelow(wish.root)) {
    if (!wanted.every((group) => group.some((covers) => covers(path)))) continue
    const read = await readPlain(join(wish.root, path), Math.min(MOST.bytes, room))
    if (typeof read === 'string') left.push({ path, reason: read })
    else if (artifacts.length >= MOST.files) left.push({ path, reason: `more than ${MOST.files} files` })
    else {
      room -= read.length
      // Bytes that are no text are taken one by one for characters, so that an archive stays one and is looked into.
      const encoding = isUtf8(read) ? 'utf8' : 'latin1'
      const { text, ...cut } = await wish.redactor.redact(Buffer.from(read).toString(encoding))
      if (cut.count > 0) cuts.push(cut)
      const stored = await wish.artifacts.put(Buffer.from(text, encoding))
      artifacts.push({ ...stored, kind: 'exported_file', name: path, data_class: 'internal' })
    }
    if (left.length >= MOST.files) break
  }
  return { artifacts, left, cut: addedCuts(cuts) }
}

/** Paths of everything below a folder that is no folder itself, in order; `.git` and `node_modules` are passed over. */
async function* namesBelow(root: string): AsyncIterable<string> {
  const folders = ['']
  let looked = 0
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      if (++looked > MOST.looked_at) return
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!entry.isDirectory()) yield path
      else if (entry.name !== '.git' && entry.name !== 'node_modules') folders.push(path)
    }
  }
}

/** The bytes of a regular file that is not too large, or why there are none. */
async function readPlain(path: string, most: number): Promise<Uint8Array | string> {
  const seen = await lstat(path).catch(() => undefined)
  if (seen === undefined) return 'cannot be read'
  if (seen.isSymbolicLink()) return 'is a symbolic link, which is not followed'
  if (!seen.isFile()) return 'is no regular file'
  if (seen.size > most) return `is larger than what is left of ${MOST.all_bytes} bytes, or than ${MOST.bytes}`
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const now = await file.stat()
      if (!now.isFile() || now.size > most) return 'changed while it was read'
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch {
    return 'cannot be read'
  }
}
