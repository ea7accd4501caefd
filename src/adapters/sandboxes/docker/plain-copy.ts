import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'

/** A path that was left out of a copy, and why. */
export interface RefusedPath {
  readonly path: string
  readonly reason: string
}

/** How much a tree may hold before it is refused as a whole, and the largest file that is taken. */
export interface CopyLimits {
  readonly entries: number
  readonly bytes: number
  readonly file_bytes: number
}

type Kind = 'folder' | 'file' | 'link'

/**
 * The making of a plain copy of an untrusted tree in a folder of the platform's own: folders, regular files and symbolic
 * links, none of them ever followed. What is there already from an earlier copy is left alone where it is the same.
 */
export interface PlainCopy {
  readonly folder: string
  readonly limits: CopyLimits
  /** What this copy has made or confirmed, by path relative to the folder. */
  readonly made: Map<string, Kind>
  readonly refused: RefusedPath[]
  bytes: number
  entries: number
}

/** Files up to this size are compared with the last copy before they are written. */
const COMPARED_BYTES = 8 * 1024 ** 2
const DEPTH = 200
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** A copy that has nothing yet. */
export const beginCopy = (folder: string, limits: CopyLimits): PlainCopy => ({
  folder,
  limits,
  made: new Map(),
  refused: [],
  bytes: 0,
  entries: 0,
})

/** The tree as a whole is refused. */
export const tooMuch = (what: string): GanderError =>
  new GanderError('sandbox_unavailable', `The sandbox's tree cannot be copied out: ${what}.`, {
    remedy: 'Raise the limits of the sandbox profile, or keep build output out of the workspace.',
  })

/** Counts one more entry. @throws GanderError where there are too many */
export const countEntry = (copy: PlainCopy): void => {
  copy.entries += 1
  if (copy.entries > copy.limits.entries) throw tooMuch(`it holds more than ${copy.limits.entries} entries`)
}

/** Counts bytes that will be written. @throws GanderError where there are too many */
export const countBytes = (copy: PlainCopy, bytes: number): void => {
  copy.bytes += bytes
  if (copy.bytes > copy.limits.bytes) throw tooMuch(`it holds more than ${copy.limits.bytes} bytes`)
}

/** Text of bytes that must be UTF-8; undefined where they are not. */
export const textOf = (bytes: Buffer): string | undefined => {
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}

/** Why a path of these parts is not taken. */
export const partsDefect = (parts: readonly string[]): string | undefined => {
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'its name leads elsewhere'
  if (parts.some((part) => Buffer.byteLength(part) > 255) || parts.length > DEPTH) return 'its name is too long'
  return undefined
}

/** Why a file of this mode and size is not taken. */
export const fileDefect = (copy: PlainCopy, mode: number, size: number): string | undefined => {
  if ((mode & 0o6000) !== 0) return 'it has a setuid or setgid bit'
  if (size > copy.limits.file_bytes) return `it is larger than ${copy.limits.file_bytes} bytes`
  return undefined
}

/** A path as it may be shown to people. */
export const shownPath = (path: string): string =>
  // oxlint-disable-next-line no-control-regex -- names of an untrusted tree may hold anything
  path.replaceAll(/[\u0000-\u001f\u007f]/g, '?').slice(0, 400)

const kindAt = (path: string): Kind | 'other' | undefined => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  return stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : 'other'
}

/** Removes what an earlier copy left at a path. */
export const clear = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Makes a folder whose parents are made. */
export const putFolder = (copy: PlainCopy, path: string): void => {
  const target = join(copy.folder, path)
  if (kindAt(target) !== 'folder') {
    clear(target)
    mkdirSync(target, { mode: 0o755 })
  }
  copy.made.set(path, 'folder')
}

const isSame = (target: string, content: Buffer, mode: number): boolean => {
  const stat = lstatSync(target, { throwIfNoEntry: false })
  if (stat?.isFile() !== true || stat.size !== content.length || (stat.mode & 0o777) !== mode) return false
  return content.length <= COMPARED_BYTES && readFileSync(target).equals(content)
}

/** Writes a file; of its mode only the owner's right to execute is kept. */
export const putFile = (copy: PlainCopy, path: string, content: Buffer, mode: number): void => {
  const target = join(copy.folder, path)
  const plain = (mode & 0o100) === 0 ? 0o644 : 0o755
  copy.made.set(path, 'file')
  // Left as it is where it is the same, so that its time stamps tell a reader that nothing changed.
  if (isSame(target, content, plain)) return
  clear(target)
  writeFileSync(target, content, { mode: 0o600, flag: 'wx' })
  chmodSync(target, plain)
}

/** Makes a symbolic link to whatever it leads to; the reason when its target cannot be written. */
export const putLink = (copy: PlainCopy, path: string, to: Buffer): string | undefined => {
  const text = textOf(to)
  if (text === undefined) return 'its link target is no UTF-8'
  if (text === '' || text.includes('\0')) return 'its link target cannot be written'
  const target = join(copy.folder, path)
  clear(target)
  symlinkSync(text, target)
  copy.made.set(path, 'link')
  return undefined
}

/** Removes what an earlier copy left and this one did not confirm. */
export const endCopy = (copy: PlainCopy, below = ''): readonly RefusedPath[] => {
  for (const name of readdirSync(join(copy.folder, below))) {
    const path = below === '' ? name : `${below}/${name}`
    const kind = copy.made.get(path)
    if (kind === undefined) clear(join(copy.folder, path))
    else if (kind === 'folder') endCopy(copy, path)
  }
  return copy.refused
}
