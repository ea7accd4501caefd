import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError, storageFailure } from '#domain/failure'
import type { ArtifactRef, ArtifactStore } from '#ports'

const ADDRESS = /^[0-9a-f]{64}$/

/**
 * Keeps bytes at home/artifacts/ab/cdef…: written aside, flushed, then renamed, so a name that exists has all its bytes
 * even after a power cut. The hash is checked on every read; a file that fails it is replaced by the next `put`.
 */
export function createFilesystemArtifacts(options: { readonly home: string }): ArtifactStore {
  const root = join(options.home, 'artifacts')
  const pathOf = (sha256: string) => join(root, sha256.slice(0, 2), sha256.slice(2))
  return {
    put: (content) => put(root, pathOf, typeof content === 'string' ? Buffer.from(content, 'utf8') : content),
    get: async (sha256) => (ADDRESS.test(sha256) ? read(pathOf(sha256), sha256) : undefined),
    locate: async (sha256) => (ADDRESS.test(sha256) && (await exists(pathOf(sha256))) ? pathOf(sha256) : undefined),
  }
}

async function put(root: string, pathOf: (sha256: string) => string, bytes: Uint8Array): Promise<ArtifactRef> {
  const sha256 = hashOf(bytes)
  const path = pathOf(sha256)
  const reference = { sha256, bytes: bytes.length }
  const present = await read(path, sha256).catch(() => undefined)
  // The file's time says that somebody counts on it: its removal lets it stay, or it is gone and written anew.
  if (present !== undefined && (await touched(path))) return reference
  const folder = join(root, sha256.slice(0, 2))
  const temporary = join(folder, `.new-${sha256.slice(0, 8)}-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeDurably(temporary, bytes)
    await rename(temporary, path)
    await flushFolder(folder)
    return reference
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    // Node says ENOENT where a recursive mkdir meets a file system that is read-only.
    throw storageFailure(error, root, ['ENOENT'])
  }
}

async function read(path: string, sha256: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw storageFailure(error, path)
  })
  if (bytes === undefined || hashOf(bytes) === sha256) return bytes
  throw new GanderError('artifact_corrupt', `The artifact ${sha256} does not match its hash any more.`, {
    facts: { sha256, path },
  })
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const touched = (path: string): Promise<boolean> =>
  utimes(path, new Date(), new Date()).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
