import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { GanderError } from '#domain/failure'

/** A path that was left out of a copy, and why. */
export interface RefusedPath {
  readonly path: string
  readonly reason: string
}

/** How much an archive may hold before it is refused as a whole, and the largest file that is taken. */
export interface TarLimits {
  readonly entries: number
  readonly bytes: number
  readonly file_bytes: number
}

type Kind = 'folder' | 'file' | 'link'

/** One entry of an archive: what it says of itself, and its bytes. */
interface Entry {
  readonly header: Header
  [Symbol.asyncIterator](): AsyncIterator<unknown>
}

interface Unpacking {
  readonly folder: string
  readonly limits: TarLimits
  readonly made: Map<string, Kind>
  readonly refused: RefusedPath[]
  bytes: number
  entries: number
}

const DEPTH = 200
/** Files up to this size are compared with the last copy before they are written. */
const COMPARED_BYTES = 8 * 1024 ** 2
/** Names stay the bytes they are, so that what is no UTF-8 is seen. */
const NAMES_AS_BYTES = { highWaterMark: 65_536, filenameEncoding: 'latin1' }
const UTF8 = new TextDecoder('utf-8', { fatal: true })

const tooMuch = (what: string): GanderError =>
  new GanderError('sandbox_unavailable', `The sandbox's tree cannot be copied out: ${what}.`, {
    remedy: 'Raise the limits of the sandbox profile, or keep build output out of the workspace.',
  })

/** Parts of a name, or why it is refused. Names were read as latin1, byte by byte. */
const partsOf = (name: string): readonly string[] | string => {
  let text: string
  try {
    if (/[^\0-\u00ff]/.test(name)) return 'its name came through an extension that is not read'
    text = UTF8.decode(Buffer.from(name, 'latin1'))
  } catch {
    return 'its name is no UTF-8'
  }
  if (text.startsWith('/')) return 'its name is absolute'
  if (text.includes('\0')) return 'its name holds a zero byte'
  const parts = text
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
    .split('/')
  if (parts.length === 1 && (parts[0] === '' || parts[0] === '.')) return []
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'its name leads elsewhere'
  if (parts.some((part) => Buffer.byteLength(part) > 255) || parts.length > DEPTH) return 'its name is too long'
  return parts
}

const kindAt = (path: string): Kind | 'other' | undefined => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  return stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : 'other'
}

const clear = (path: string): void => rmSync(path, { recursive: true, force: true })

/** Makes the folders above an entry; what an archive named otherwise before is never walked through. */
const parentDefect = (state: Unpacking, parts: readonly string[]): string | undefined => {
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/')
    const kind = state.made.get(above)
    if (kind === 'folder') continue
    if (kind !== undefined) return 'it lies below something that is no folder'
    makeFolder(state, above)
  }
  return undefined
}

const makeFolder = (state: Unpacking, path: string): void => {
  const target = join(state.folder, path)
  if (kindAt(target) !== 'folder') {
    clear(target)
    mkdirSync(target, { mode: 0o755 })
  }
  state.made.set(path, 'folder')
}

const contentOf = async (entry: Entry, most: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of entry) {
    if (!Buffer.isBuffer(chunk)) continue
    length += chunk.length
    if (length > most) throw tooMuch('an entry is longer than it says')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

const isSame = (target: string, content: Buffer, mode: number): boolean => {
  const stat = lstatSync(target, { throwIfNoEntry: false })
  if (stat?.isFile() !== true || stat.size !== content.length || (stat.mode & 0o777) !== mode) return false
  return content.length <= COMPARED_BYTES && readFileSync(target).equals(content)
}

const writeFile = (state: Unpacking, path: string, content: Buffer, mode: number): void => {
  const target = join(state.folder, path)
  state.made.set(path, 'file')
  // Left as it is where it is the same, so that its time stamps tell a reader that nothing changed.
  if (isSame(target, content, mode)) return
  clear(target)
  writeFileSync(target, content, { mode: 0o600, flag: 'wx' })
  chmodSync(target, mode)
}

const hardLink = (state: Unpacking, path: string, header: Header): string | undefined => {
  const parts = partsOf(header.linkname ?? '')
  const from = typeof parts === 'string' ? '' : parts.join('/')
  if (state.made.get(from) !== 'file' || from === path) return 'it is a hard link to what was not copied'
  const [source, target] = [join(state.folder, from), join(state.folder, path)]
  state.bytes += lstatSync(source).size
  if (state.bytes > state.limits.bytes) throw tooMuch(`it holds more than ${state.limits.bytes} bytes`)
  clear(target)
  copyFileSync(source, target)
  state.made.set(path, 'file')
  return undefined
}

const symbolicLink = (state: Unpacking, path: string, header: Header): string | undefined => {
  const link = header.linkname ?? ''
  let to: string
  try {
    to = UTF8.decode(Buffer.from(link, 'latin1'))
  } catch {
    return 'its link target is no UTF-8'
  }
  if (to === '' || to.includes('\0') || /[^\0-\u00ff]/.test(link)) return 'its link target cannot be written'
  const target = join(state.folder, path)
  clear(target)
  symlinkSync(to, target)
  state.made.set(path, 'link')
  return undefined
}

const regularFile = async (state: Unpacking, path: string, entry: Entry): Promise<string | undefined> => {
  const { header } = entry
  const size = header.size ?? 0
  if (((header.mode ?? 0) & 0o6000) !== 0) return 'it has a setuid or setgid bit'
  if (size > state.limits.file_bytes) return `it is larger than ${state.limits.file_bytes} bytes`
  state.bytes += size
  if (state.bytes > state.limits.bytes) throw tooMuch(`it holds more than ${state.limits.bytes} bytes`)
  const mode = ((header.mode ?? 0) & 0o100) === 0 ? 0o644 : 0o755
  writeFile(state, path, await contentOf(entry, size), mode)
  return undefined
}

const OTHER_KINDS: { readonly [type: string]: string } = {
  'character-device': 'it is a device',
  'block-device': 'it is a device',
  fifo: 'it is a fifo',
}

/** Unpacks one entry; the reason when it is refused. */
const unpack = async (state: Unpacking, entry: Entry): Promise<string | undefined> => {
  const { header } = entry
  // Extended headers could rename, resize or retarget an entry; ours are written without them.
  if (header.pax !== null && header.pax !== undefined) return 'it has an extended header'
  const parts = partsOf(header.name)
  if (typeof parts === 'string') return parts
  if (parts.length === 0) return header.type === 'directory' ? undefined : 'it has no name'
  const path = parts.join('/')
  const defect = parentDefect(state, parts)
  if (defect !== undefined) return defect
  const before = state.made.get(path)
  if (before !== undefined && !(before === 'folder' && header.type === 'directory')) return 'its name comes twice'
  if (header.type === 'directory') {
    makeFolder(state, path)
    return undefined
  }
  if (header.type === 'symlink') return symbolicLink(state, path, header)
  if (header.type === 'link') return hardLink(state, path, header)
  if (header.type === 'file' || header.type === 'contiguous-file') return regularFile(state, path, entry)
  return OTHER_KINDS[header.type] ?? 'it is of a kind that is not copied'
}

/** Removes what an earlier copy left and this archive does not hold. */
const prune = (state: Unpacking, below: string): void => {
  for (const name of readdirSync(join(state.folder, below))) {
    const path = below === '' ? name : `${below}/${name}`
    const kind = state.made.get(path)
    if (kind === undefined) clear(join(state.folder, path))
    else if (kind === 'folder') prune(state, path)
  }
}

const shown = (name: string): string => {
  const text = Buffer.from(name, 'latin1').toString('utf8').replace(/^\.\//, '').replace(/\/+$/, '')
  // oxlint-disable-next-line no-control-regex -- names of an archive may hold anything
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, '?').slice(0, 400)
}

/**
 * Makes `folder`, which must be the platform's own, the plain copy of an untrusted archive: folders, regular files and
 * symbolic links, none of them ever followed. Everything else is refused by name; an archive that is broken or exceeds
 * the limits is refused as a whole. Files that are as they were in the folder are not touched.
 * @throws GanderError `sandbox_unavailable`
 */
export const unpackTar = async (
  stream: Readable,
  folder: string,
  limits: TarLimits,
): Promise<readonly RefusedPath[]> => {
  const state: Unpacking = { folder, limits, made: new Map(), refused: [], bytes: 0, entries: 0 }
  const archive = extract(NAMES_AS_BYTES)
  stream.on('error', (error) => archive.destroy(error))
  stream.pipe(archive)
  try {
    for await (const entry of archive) {
      state.entries += 1
      if (state.entries > limits.entries) throw tooMuch(`it holds more than ${limits.entries} entries`)
      const reason = await unpack(state, entry)
      if (reason !== undefined) state.refused.push({ path: shown(entry.header.name), reason })
      entry.resume()
    }
  } catch (error) {
    stream.destroy()
    if (error instanceof GanderError) throw error
    throw new GanderError('sandbox_unavailable', `The sandbox's tree came out broken: ${String(error)}.`, {
      cause: error,
      retryable: true,
    })
  }
  prune(state, '')
  return state.refused
}
