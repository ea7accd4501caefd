import { constants } from 'node:fs'
import { lstat, open, opendir } from 'node:fs/promises'
import picomatch from 'picomatch'

const MOST_BYTES = 32 * 1024 ** 2
const MOST_FILES = 5_000
const MOST_FOLDERS = 20_000
const NEVER_ENTERED = new Set(['node_modules', '.git', '.venv'])

/** A result file that a runner wrote. */
export interface ResultFile {
  readonly path: string
  readonly text: string
}

/**
 * Reads the files below `root` that a glob names and that were written since `since` (milliseconds), so that a report
 * committed to the repository or left by setup never counts. The root is a tree that untrusted code wrote to: no link
 * is followed, nothing but regular files is opened, and sizes are bounded.
 */
export async function readResultFiles(root: string, glob: string, since: number): Promise<readonly ResultFile[]> {
  const paths = /[*?[{]/.test(glob) ? await matching(root, glob) : [glob]
  const files: ResultFile[] = []
  let budget = MOST_BYTES
  for (const path of paths.slice(0, MOST_FILES)) {
    const text = await readFresh(root, path, since, budget)
    if (text === undefined) continue
    budget -= text.length
    files.push({ path, text })
  }
  return files
}

async function matching(root: string, glob: string): Promise<readonly string[]> {
  const matches = picomatch(glob, { dot: true })
  const found: string[] = []
  const folders = ['']
  for (let at = 0; at < folders.length && at < MOST_FOLDERS; at++) {
    const folder = folders[at] ?? ''
    const entries = await opendir(`${root}/${folder}`).catch(() => undefined)
    if (entries === undefined) continue
    for await (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !NEVER_ENTERED.has(entry.name)) folders.push(path)
      else if (entry.isFile() && matches(path)) found.push(path)
    }
  }
  return found.sort()
}

/** Every folder on the way must be a folder and no link; the file is opened without following and checked once open. */
async function readFresh(root: string, path: string, since: number, budget: number): Promise<string | undefined> {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '..' || part === '.')) return undefined
  for (let depth = 1; depth < parts.length; depth++) {
    const stat = await lstat(`${root}/${parts.slice(0, depth).join('/')}`).catch(() => undefined)
    if (stat?.isDirectory() !== true) return undefined
  }
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(`${root}/${path}`, flags).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > budget || stat.ctimeMs < since) return undefined
    const bytes = Buffer.alloc(stat.size)
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0)
    return new TextDecoder().decode(bytes.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
