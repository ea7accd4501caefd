import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  opendirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { ok, refuse, type Result } from '#domain/result'
import type { FileContent, FileEntry, FileKind, FileRefusal, FileStat, WorkspaceFiles, WriteOptions } from '#ports'
import { entryOf, errorCode, giveTo, inFolder, inFolderOf, refusalOf, type Root } from './walk.ts'

type Folder = Parameters<typeof entryOf>[0]
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * Opens safe access to the files below `root.path`. Calls are synchronous underneath: a few system calls of
 * microseconds each leave no gap of other work between a check and its use.
 */
export function createWorkspaceFiles(root: Root): WorkspaceFiles {
  return {
    stat: async (path) => inFolderOf(root, path, false, (folder, name) => statEntry(folder, name, path)),
    read: async (path, max_bytes) =>
      inFolderOf(root, path, false, (folder, name) => readEntry(folder, name, path, max_bytes)),
    list: async (path, max_entries) => inFolder(root, path, (folder) => ok(listFolder(folder, max_entries))),
    write: async (path, content, options = {}) => {
      // Checked before folders are made, so that a refused write leaves nothing behind.
      const before = inFolderOf(root, path, false, (folder, name) => checkTarget(folder, name, path, options))
      if (!before.ok && before.refusal.rule !== 'path.not_found') return before
      if (!before.ok && typeof options.expected_sha256 === 'string') return before
      return inFolderOf(root, path, true, (folder, name) => writeEntry(root, folder, { name, path, content, options }))
    },
    delete: async (path, expected_sha256) => {
      const gone = inFolderOf(root, path, false, (folder, name) => deleteEntry(folder, name, path, expected_sha256))
      if (gone.ok) pruneEmptyFolders(root, path)
      return gone
    },
  }
}

const kindOf = (entry: Stats): FileKind =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'symlink' : 'other'

function statEntry(folder: Folder, name: string, path: string): Result<FileStat, FileRefusal> {
  const entry = entryOf(folder, name)
  if (entry === undefined) return refuse({ rule: 'path.not_found', message: `${path} does not exist` })
  return ok({ kind: kindOf(entry), bytes: entry.size, mode: entry.mode & 0o7777 })
}

function refuseIrregular(entry: Stats, path: string): FileRefusal | undefined {
  if (entry.isSymbolicLink())
    return {
      rule: 'path.symlink',
      message: `${path} is a symbolic link, which file tools don't follow; name the real path`,
    }
  if (entry.isDirectory()) return { rule: 'path.not_regular', message: `${path} is a folder` }
  if (!entry.isFile()) return { rule: 'path.not_regular', message: `${path} is not a regular file` }
  return undefined
}

function readEntry(folder: Folder, name: string, path: string, max_bytes: number): Result<FileContent, FileRefusal> {
  // The look beforehand keeps devices and pipes from being opened at all; the one on the descriptor is what counts.
  const seen = entryOf(folder, name)
  if (seen === undefined) return refuse({ rule: 'path.not_found', message: `${path} does not exist` })
  const irregular = refuseIrregular(seen, path)
  if (irregular !== undefined) return refuse(irregular)
  let fd: number
  try {
    fd = openSync(folder.at(name), READ)
  } catch (error) {
    return refuse(refusalOf(error, path))
  }
  try {
    const entry = fstatSync(fd)
    const swapped = refuseIrregular(entry, path)
    if (swapped !== undefined) return refuse(swapped)
    const bytes = entry.size > max_bytes ? undefined : readAtMost(fd, entry.size, max_bytes)
    if (bytes === undefined)
      return refuse({
        rule: 'file.too_large',
        message: `${path} has ${entry.size} bytes; at most ${max_bytes} can be read this way`,
      })
    return ok({ bytes, sha256: sha256(bytes), mode: entry.mode & 0o7777 })
  } finally {
    closeSync(fd)
  }
}

/** The whole content, or undefined when it grew beyond the limit while it was read. */
function readAtMost(fd: number, expected: number, limit: number): Uint8Array | undefined {
  let buffer = Buffer.allocUnsafe(Math.min(expected, limit) + 1)
  let length = 0
  for (;;) {
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(buffer.length * 2, limit + 1))
    const count = readSync(fd, buffer, length, buffer.length - length, null)
    if (count === 0) return buffer.subarray(0, length)
    length += count
    if (length > limit) return undefined
  }
}

function listFolder(folder: Folder, max_entries: number): { entries: readonly FileEntry[]; more: boolean } {
  const entries: FileEntry[] = []
  const handle = opendirSync(folder.at('.'))
  try {
    for (let next = handle.readSync(); next !== null; next = handle.readSync()) {
      if (entries.length >= max_entries) return { entries: sorted(entries), more: true }
      const entry = nameable(next.name) ? entryOf(folder, next.name) : undefined
      if (entry !== undefined) entries.push({ name: next.name, kind: kindOf(entry), bytes: entry.size })
    }
    return { entries: sorted(entries), more: false }
  } finally {
    handle.closeSync()
  }
}

const nameable = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !name.includes('/')
const sorted = (entries: readonly FileEntry[]) =>
  entries.toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0))

interface Write {
  readonly name: string
  readonly path: string
  readonly content: Uint8Array
  readonly options: WriteOptions
}

/** Looks at what would be replaced; gives its mode, or undefined for a new file. */
function checkTarget(
  folder: Folder,
  name: string,
  path: string,
  options: WriteOptions,
): Result<number | undefined, FileRefusal> {
  const entry = entryOf(folder, name)
  const expected = options.expected_sha256
  if (entry === undefined) {
    return typeof expected === 'string'
      ? refuse({ rule: 'path.not_found', message: `${path} does not exist any more` })
      : ok(undefined)
  }
  const irregular = refuseIrregular(entry, path)
  if (irregular !== undefined) return refuse(irregular)
  if (entry.nlink > 1)
    return refuse({ rule: 'path.hardlink', message: `${path} has ${entry.nlink} hard links and is not written to` })
  if (expected === null) return refuse({ rule: 'path.exists', message: `${path} exists already` })
  const stale = expected === undefined ? undefined : staleness(folder, name, path, expected)
  return stale === undefined ? ok(entry.mode & 0o777) : refuse(stale)
}

function staleness(folder: Folder, name: string, path: string, expected: string): FileRefusal | undefined {
  const read = readEntry(folder, name, path, Number.MAX_SAFE_INTEGER)
  if (!read.ok) return read.refusal
  if (read.value.sha256 === expected) return undefined
  return { rule: 'file.stale', message: `${path} has changed since it was read; read it again` }
}

function writeEntry(
  root: Root,
  folder: Folder,
  { name, path, content, options }: Write,
): Result<{ sha256: string; created: boolean }, FileRefusal> {
  const target = checkTarget(folder, name, path, options)
  if (!target.ok) return target
  const executable = ((options.mode ?? target.value ?? 0o644) & 0o111) !== 0
  const temporary = `.gander-${randomBytes(9).toString('hex')}`
  try {
    const fd = openSync(folder.at(temporary), CREATE, 0o600)
    try {
      writeAll(fd, content)
      giveTo(root, fd)
      fchmodSync(fd, executable ? 0o755 : 0o644)
      if (options.fsync === true) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(folder.at(temporary), folder.at(name))
  } catch (error) {
    forget(folder, temporary)
    return refuse(refusalOf(error, path))
  }
  return ok({ sha256: sha256(content), created: target.value === undefined })
}

function writeAll(fd: number, content: Uint8Array): void {
  for (let offset = 0; offset < content.length; ) offset += writeSync(fd, content, offset)
}

function forget(folder: Folder, name: string): void {
  try {
    unlinkSync(folder.at(name))
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

function deleteEntry(
  folder: Folder,
  name: string,
  path: string,
  expected: string | undefined,
): Result<null, FileRefusal> {
  const target = checkTarget(folder, name, path, expected === undefined ? {} : { expected_sha256: expected })
  if (!target.ok) return target
  if (target.value === undefined) return refuse({ rule: 'path.not_found', message: `${path} does not exist` })
  try {
    unlinkSync(folder.at(name))
  } catch (error) {
    return refuse(refusalOf(error, path))
  }
  return ok(null)
}

/** Git knows no empty folders, so a tree rebuilt from a checkpoint would not have them either. */
function pruneEmptyFolders(root: Root, path: string): void {
  const components = path.split('/').slice(0, -1)
  for (let depth = components.length; depth > 0; depth--) {
    const removed = inFolderOf(root, components.slice(0, depth).join('/'), false, (folder, name) => {
      if (!lstatSync(folder.at(name)).isDirectory()) return ok(false)
      rmdirSync(folder.at(name))
      return ok(true)
    })
    if (!removed.ok || !removed.value) return
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
