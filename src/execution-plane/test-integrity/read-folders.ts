import { GanderError } from '#domain/failure'
import { constants } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangedText } from './changed-text.ts'

/** Entries of one folder; the largest public repositories have about 100,000. */
const MOST_ENTRIES = 400_000
const DEEPEST = 64
/** A larger file is not read. */
const MOST_BYTES = 2_000_000
/** Bytes of changed files held at once. */
const MOST_BYTES_CHANGED = 200_000_000
const PASSED_OVER = new Set(['.git', 'node_modules', '.hg', '.svn'])

/** The files that differ between two folders. */
export interface ReadFolders {
  readonly changed: readonly ChangedText[]
  /** Changed paths with a text on one side that was not read: a link, a binary or a large file. */
  readonly not_read: readonly string[]
}

/** What stands at a path: its text, or what tells whether it changed. */
interface Content {
  readonly text: string | undefined
  /** Equal for what is the same. */
  readonly mark: string
}

/** Compares two folders file by file. Links are never followed, `.git` and `node_modules` never entered. */
export async function readFolders(base: string, head: string): Promise<ReadFolders> {
  const paths = new Set([...(await pathsOf(base, '--base')), ...(await pathsOf(head, '--head'))])
  const changed: ChangedText[] = []
  const not_read: string[] = []
  let held = 0
  for (const path of [...paths].sort()) {
    const [old, now] = [await contentOf(join(base, path)), await contentOf(join(head, path))]
    if (old?.mark === now?.mark && old?.text === now?.text) continue
    if ([old, now].some((content) => content !== undefined && content.text === undefined)) not_read.push(path)
    held += (old?.text?.length ?? 0) + (now?.text?.length ?? 0)
    if (held > MOST_BYTES_CHANGED)
      throw tooLarge(base, `more than ${MOST_BYTES_CHANGED / 1_000_000} MB of them changed`)
    changed.push({ path, before: old?.text, after: now?.text })
  }
  return { changed, not_read }
}

async function pathsOf(root: string, flag: string): Promise<readonly string[]> {
  const stat = await lstat(root).catch(() => undefined)
  if (stat?.isDirectory() !== true)
    throw new GanderError('usage', `${root} is no folder.`, { remedy: `Give ${flag} the folder of a checkout.` })
  const paths: string[] = []
  const folders = [{ path: '', depth: 0 }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(root, folder.path), { withFileTypes: true })
    for (const entry of entries) {
      if (PASSED_OVER.has(entry.name)) continue
      const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`
      if (!entry.isDirectory()) paths.push(path)
      else if (folder.depth >= DEEPEST) throw tooLarge(root, `its folders are nested more than ${DEEPEST} deep`)
      else folders.push({ path, depth: folder.depth + 1 })
    }
    if (paths.length + folders.length > MOST_ENTRIES) throw tooLarge(root, `it has more than ${MOST_ENTRIES} files`)
  }
  return paths
}

const tooLarge = (root: string, why: string): GanderError =>
  new GanderError('usage', `${root} is too large to compare: ${why}.`, {
    remedy: 'Compare the folder of one package instead.',
  })

async function contentOf(path: string): Promise<Content | undefined> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat === undefined || stat.isDirectory()) return undefined
  if (stat.isSymbolicLink()) return { text: undefined, mark: `link ${await readlink(path)}` }
  if (!stat.isFile()) return { text: undefined, mark: 'special' }
  if (stat.size > MOST_BYTES) return { text: undefined, mark: `${stat.size} bytes` }
  // Whoever swaps the file for a link or a pipe meanwhile gets no further than this.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (file === undefined) return { text: undefined, mark: 'unreadable' }
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size + 1), 0, stat.size + 1, 0)
    const bytes = buffer.subarray(0, bytesRead)
    if (bytes.subarray(0, 65_536).includes(0)) return { text: undefined, mark: bytes.toString('latin1') }
    return { text: bytes.toString('utf8'), mark: '' }
  } finally {
    await file.close()
  }
}
