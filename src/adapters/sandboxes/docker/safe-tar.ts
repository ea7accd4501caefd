import { copyFileSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { extract, type Header } from 'tar-stream'
import { GanderError, storageFailure } from '#domain/failure'
import {
  beginCopy,
  clear,
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
  tooMuch,
} from './plain-copy.ts'

/** One entry of an archive: what it says of itself, and its bytes. */
interface Entry {
  readonly header: Header
  [Symbol.asyncIterator](): AsyncIterator<unknown>
}

/** Names stay the bytes they are, so that what is no UTF-8 is seen. */
const NAMES_AS_BYTES = { highWaterMark: 65_536, filenameEncoding: 'latin1' }
const BEYOND_LATIN1 = /[^\0-\u00ff]/

/** Parts of a name, or why it is refused. Names were read as latin1, byte by byte. */
const partsOf = (name: string): readonly string[] | string => {
  if (BEYOND_LATIN1.test(name)) return 'its name came through an extension that is not read'
  const text = textOf(Buffer.from(name, 'latin1'))
  if (text === undefined) return 'its name is no UTF-8'
  if (text.startsWith('/')) return 'its name is absolute'
  if (text.includes('\0')) return 'its name holds a zero byte'
  const parts = text
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
    .split('/')
  if (parts.length === 1 && (parts[0] === '' || parts[0] === '.')) return []
  return partsDefect(parts) ?? parts
}

/** Makes the folders above an entry; what an archive named otherwise before is never walked through. */
const parentDefect = (copy: PlainCopy, parts: readonly string[]): string | undefined => {
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/')
    const kind = copy.made.get(above)
    if (kind === 'folder') continue
    if (kind !== undefined) return 'it lies below something that is no folder'
    putFolder(copy, above)
  }
  return undefined
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

const hardLink = (copy: PlainCopy, path: string, header: Header): string | undefined => {
  const parts = partsOf(header.linkname ?? '')
  const from = typeof parts === 'string' ? '' : parts.join('/')
  if (copy.made.get(from) !== 'file' || from === path) return 'it is a hard link to what was not copied'
  const [source, target] = [join(copy.folder, from), join(copy.folder, path)]
  countBytes(copy, lstatSync(source).size)
  clear(target)
  copyFileSync(source, target)
  copy.made.set(path, 'file')
  return undefined
}

const symbolicLink = (copy: PlainCopy, path: string, header: Header): string | undefined => {
  const linkname = header.linkname ?? ''
  if (BEYOND_LATIN1.test(linkname)) return 'its link target cannot be written'
  return putLink(copy, path, Buffer.from(linkname, 'latin1'))
}

const regularFile = async (copy: PlainCopy, path: string, entry: Entry): Promise<string | undefined> => {
  const { header } = entry
  const [mode, size] = [header.mode ?? 0, header.size ?? 0]
  const defect = fileDefect(copy, mode, size)
  if (defect !== undefined) return defect
  countBytes(copy, size)
  putFile(copy, path, await contentOf(entry, size), mode)
  return undefined
}

const OTHER_KINDS: { readonly [type: string]: string } = {
  'character-device': 'it is a device',
  'block-device': 'it is a device',
  fifo: 'it is a fifo',
}

/** Unpacks one entry; the reason when it is refused. */
const unpack = async (copy: PlainCopy, entry: Entry): Promise<string | undefined> => {
  const { header } = entry
  // Extended headers could rename, resize or retarget an entry; ours are written without them.
  if (header.pax !== null && header.pax !== undefined) return 'it has an extended header'
  const parts = partsOf(header.name)
  if (typeof parts === 'string') return parts
  if (parts.length === 0) return header.type === 'directory' ? undefined : 'it has no name'
  const path = parts.join('/')
  const defect = parentDefect(copy, parts)
  if (defect !== undefined) return defect
  const before = copy.made.get(path)
  if (before !== undefined && !(before === 'folder' && header.type === 'directory')) return 'its name comes twice'
  if (header.type === 'directory') {
    putFolder(copy, path)
    return undefined
  }
  if (header.type === 'symlink') return symbolicLink(copy, path, header)
  if (header.type === 'link') return hardLink(copy, path, header)
  if (header.type === 'file' || header.type === 'contiguous-file') return regularFile(copy, path, entry)
  return OTHER_KINDS[header.type] ?? 'it is of a kind that is not copied'
}

const shown = (name: string): string =>
  shownPath(Buffer.from(name, 'latin1').toString('utf8').replace(/^\.\//, '').replace(/\/+$/, ''))

/**
 * Makes `folder`, which must be the platform's own, the plain copy of an untrusted archive. What is no folder, regular
 * file or symbolic link is refused by name; an archive that is broken or exceeds the limits is refused as a whole.
 * @throws GanderError `sandbox_unavailable`, and what writing to the folder fails with
 */
export const unpackTar = async (
  stream: Readable,
  folder: string,
  limits: CopyLimits,
): Promise<readonly RefusedPath[]> => {
  const copy = beginCopy(folder, limits)
  const archive = extract(NAMES_AS_BYTES)
  stream.on('error', (error) => archive.destroy(error))
  stream.pipe(archive)
  try {
    for await (const entry of archive) {
      countEntry(copy)
      const reason = await unpack(copy, entry)
      if (reason !== undefined) copy.refused.push({ path: shown(entry.header.name), reason })
      entry.resume()
    }
  } catch (error) {
    stream.destroy()
    const failure = storageFailure(error, folder)
    if (failure instanceof GanderError) throw failure
    throw new GanderError('sandbox_unavailable', `The sandbox's tree came out broken: ${String(error)}.`, {
      cause: error,
      retryable: true,
    })
  }
  return endCopy(copy)
}
