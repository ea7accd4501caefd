import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { GanderError, storageFailure } from '#domain/failure'
import {
  beginCopy,
  type CopyLimits,
  countBytes,
  countEntry,
  endCopy,
  fileDefect,
  partsDefect,
  type PlainCopy,
  putFile,
  putFolder,
  putLink,
  type RefusedPath,
  shownPath,
  textOf,
} from './plain-copy.ts'

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
/** Longest time in which nothing else of the worker runs. */
const SLICE_MS = 10

/** Went away, or became something else, between the listing and the opening. */
const VANISHED = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'])

interface Walk {
  readonly copy: PlainCopy
  resumed: number
}

interface Place {
  /** Descriptor of the folder that is read. */
  readonly fd: number
  readonly parts: readonly string[]
}

const opened = (path: Buffer, flags: number): number | undefined => {
  try {
    return openSync(path, flags)
  } catch (error) {
    if (VANISHED.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** A file that grows meanwhile is taken at the size that was seen and counted. */
const contentOf = (fd: number, size: number): Buffer => {
  const content = Buffer.allocUnsafe(size)
  let length = 0
  while (length < size) {
    const read = readSync(fd, content, length, size - length, length)
    if (read === 0) break
    length += read
  }
  return content.subarray(0, length)
}

const takeFile = (copy: PlainCopy, at: Buffer, path: string): string | undefined => {
  const fd = opened(at, FILE)
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return 'it is of a kind that is not copied'
    const defect = fileDefect(copy, stat.mode, stat.size)
    if (defect !== undefined) return defect
    countBytes(copy, stat.size)
    putFile(copy, path, contentOf(fd, stat.size), stat.mode)
    return undefined
  } finally {
    closeSync(fd)
  }
}

const takeLink = (copy: PlainCopy, at: Buffer, path: string): string | undefined => {
  let to: Buffer
  try {
    to = readlinkSync(at, { encoding: 'buffer' })
  } catch {
    return undefined
  }
  return putLink(copy, path, to)
}

/** Takes one entry of a folder; the reason when it is refused. */
const take = async (walk: Walk, place: Place, name: Buffer): Promise<string | undefined> => {
  const text = textOf(name)
  if (text === undefined) return 'its name is no UTF-8'
  const parts = [...place.parts, text]
  const defect = partsDefect(parts)
  if (defect !== undefined) return defect
  const [at, path] = [Buffer.concat([Buffer.from(`/proc/self/fd/${place.fd}/`), name]), parts.join('/')]
  const stat = lstatSync(at, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  if (stat.isFile()) return takeFile(walk.copy, at, path)
  if (stat.isSymbolicLink()) return takeLink(walk.copy, at, path)
  if (!stat.isDirectory()) return stat.isFIFO() ? 'it is a fifo' : stat.isSocket() ? 'it is a socket' : 'it is a device'
  const fd = opened(at, FOLDER)
  if (fd === undefined) return undefined
  putFolder(walk.copy, path)
  await takeFolder(walk, { fd, parts })
  return undefined
}

/** Takes everything in an opened folder, and closes it. */
const takeFolder = async (walk: Walk, place: Place): Promise<void> => {
  try {
    for (const name of readdirSync(`/proc/self/fd/${place.fd}`, { encoding: 'buffer' })) {
      countEntry(walk.copy)
      const reason = await take(walk, place, name)
      if (reason !== undefined) {
        const path = [...place.parts, name.toString('utf8')].join('/')
        walk.copy.refused.push({ path: shownPath(path), reason })
      }
      if (performance.now() - walk.resumed < SLICE_MS) continue
      await breathe()
      walk.resumed = performance.now()
    }
  } finally {
    closeSync(place.fd)
  }
}

/**
 * Makes `folder`, which must be the platform's own, the plain copy of a tree that untrusted commands may be changing:
 * every step is relative to an opened folder and follows no link. All content is compared. Time stamps cannot tell what
 * changed: a page of a tmpfs that was mapped and read is then written without a trace in them (seen on kernel 6.18).
 * @throws GanderError `sandbox_unavailable`, `storage_full`
 */
export const readTree = async (tree: string, folder: string, limits: CopyLimits): Promise<readonly RefusedPath[]> => {
  const copy = beginCopy(folder, limits)
  try {
    await takeFolder({ copy, resumed: performance.now() }, { fd: openSync(tree, FOLDER), parts: [] })
  } catch (error) {
    const failure = storageFailure(error, folder)
    if (failure instanceof GanderError) throw failure
    throw new GanderError('sandbox_unavailable', `The sandbox's tree could not be read: ${String(error)}.`, {
      cause: error,
      retryable: true,
    })
  }
  return endCopy(copy)
}
