import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ArtifactStore, TreeEntry } from '#ports'

/** Files of a tree by path; undefined removes one. */
export type Files = Readonly<Record<string, string | undefined>>

/** Trees that are folders: enough of a run's repository for a verifier. */
export function folderRepository() {
  const root = mkdtempSync(join(tmpdir(), 'gander-trees-'))
  let count = 0
  const write = (folder: string, files: Files) => {
    for (const [path, content] of Object.entries(files)) {
      const at = join(folder, path)
      mkdirSync(dirname(at), { recursive: true })
      // Open to whichever user a sandbox runs as, like a run's own checkouts.
      chmodSync(dirname(at), 0o777)
      if (content === undefined) rmSync(at, { force: true })
      else {
        writeFileSync(at, content)
        chmodSync(at, 0o666)
      }
    }
  }
  return {
    /** Makes a tree, of nothing or of another tree. */
    tree(files: Files, from?: string): string {
      const id = `tree${++count}`
      const folder = join(root, id)
      mkdirSync(folder)
      chmodSync(folder, 0o777)
      if (from !== undefined) {
        cpSync(from.startsWith('/') ? from : join(root, from), folder, { recursive: true })
        openFolders(folder)
      }
      write(folder, files)
      return id
    },
    path: (tree: string): string => join(root, tree),
    checkoutTree: async (tree: string): Promise<string> => join(root, tree),
    listFiles: async (tree: string): Promise<readonly TreeEntry[]> => entries(join(root, tree)),
    reader: (tree: string) => ({
      list: async () => entries(join(root, tree)),
      read: async (path: string): Promise<Uint8Array | undefined> => readFileSync(join(root, tree, path)),
    }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A copy's folders have the mode of this process, and a build may write in any of them. */
function openFolders(folder: string): void {
  chmodSync(folder, 0o777)
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openFolders(join(folder, entry.name))
}

function entries(folder: string, at = ''): readonly TreeEntry[] {
  return readdirSync(join(folder, at))
    .sort()
    .flatMap((name): readonly TreeEntry[] => {
      const path = at === '' ? name : `${at}/${name}`
      const stat = lstatSync(join(folder, path))
      if (stat.isDirectory()) return entries(folder, path)
      return [{ path, mode: stat.isSymbolicLink() ? '120000' : '100644', blob: path, bytes: stat.size }]
    })
}

/** Artifacts in memory. */
export function memoryArtifacts(): ArtifactStore & { readonly texts: ReadonlyMap<string, string> } {
  const texts = new Map<string, string>()
  return {
    texts,
    async put(content) {
      const bytes = Buffer.from(content)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      texts.set(sha256, bytes.toString())
      return { sha256, bytes: bytes.length }
    },
    get: async (sha256) => (texts.has(sha256) ? Buffer.from(texts.get(sha256) ?? '') : undefined),
    locate: async () => undefined,
  }
}
