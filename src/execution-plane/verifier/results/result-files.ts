import { constants, type Stats } from 'node:fs'
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

/** What stood at a report's place before its runner ran. */
export type Earlier = ReadonlyMap<string, string>

/** Notes the files below `root` that a glob names, so that later only what was written since is read. */
export async function noteResultFiles(root: string, glob: string): Promise<Earlier> {
  const noted = new Map<string, string>()
  for (const path of await matching(root, glob)) {
    const stat = await lstat(`${root}/${path}`).catch(() => undefined)
    if (stat !== undefined) noted.set(path, stamp(stat))
  }
  return noted
}

/**
 * Reads the files below `root` that a glob names and that are not as they were noted, so that a report committed to
 * the repository or left by setup never counts. The root is a tree that untrusted code wrote to: no link is followed,
 * nothing but regular files is opened, and sizes are bounded.
 */
export async function readResultFiles(root: string, glob: string, earlier: Earlier): Promise<readonly ResultFile[]> {
  const files: ResultFile[] = []
  let budget = MOST_BYTES
  for (const path of (await matching(root, glob)).slice(0, MOST_FILES)) {
    const text = await readFresh({ root, path, earlier: earlier.get(path), budget })
    if (text === undefined) continue
    budget -= text.length
    files.push({ path, text })
  }
  return files
}

const stamp = (stat: Stats): string => `${stat.ino}:${stat.ctimeMs}:${stat.size}`

async function matching(root: string, glob: string): Promise<readonly string[]> {
  if (!/[*?[{]/.test(glob)) return [glob]
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

interface Wanted {
  readonly root: string
  readonly path: string
  readonly earlier: string | undefined
  readonly budget: number
}

/** Every folder on the way must be a folder and no link; the file is opened without following and checked once open. */
async function readFresh({ root, path, earlier, budget }: Wanted): Promise<string | undefined> {
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
    if (!stat.isFile() || stat.size > budget || stamp(stat) === earlier) return undefined
    const bytes = Buffer.alloc(stat.size)
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0)
    return new TextDecoder().decode(bytes.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
