import { createHash, subtle } from 'node:crypto'

/** Sections of a segment, in the order they stand in its file. `u32` sections are little-endian, aligned to four bytes. */
const SECTIONS = [
  'blobs',
  'docs',
  'doc_chunks',
  'doc_symbols',
  'doc_imports',
  'chunks',
  'symbols',
  'import_ends',
  'imports',
  'term_ends',
  'terms',
  'term_postings_ends',
  'term_postings',
  'word_ends',
  'words',
  'word_postings_ends',
  'word_postings',
  'word_symbols_ends',
  'word_symbols',
] as const
export type Section = (typeof SECTIONS)[number]

/** Numbers a document, a chunk and a symbol take in their sections. */
export const DOC_FIELDS = 5
export const CHUNK_FIELDS = 2
export const SYMBOL_FIELDS = 5

/** Grows whenever what stands in a segment, or how it is cut into words, changes: older files are made anew. */
export const SEGMENT_VERSION = 1
const MAGIC = 0x58444947
const DIGEST = 32
const HEAD = 8 + SECTIONS.length * 8

/** Puts sections into one buffer, with a digest at its end. */
export function packSections(sections: Readonly<Record<Section, Uint8Array>>): Uint8Array {
  const placed = SECTIONS.map((name) => sections[name])
  const total = placed.reduce((sum, bytes) => sum + aligned(bytes.length), HEAD)
  const whole = new Uint8Array(total + DIGEST)
  const head = new DataView(whole.buffer)
  head.setUint32(0, MAGIC, true)
  head.setUint32(4, SEGMENT_VERSION, true)
  let at = HEAD
  for (const [index, bytes] of placed.entries()) {
    head.setUint32(8 + index * 8, at, true)
    head.setUint32(12 + index * 8, bytes.length, true)
    whole.set(bytes, at)
    at += aligned(bytes.length)
  }
  whole.set(digestOf(whole.subarray(0, total)), total)
  return whole
}

/** True for a buffer of this version that is whole: not cut, and not changed by a single bit. Read off this thread. */
export async function isWhole(whole: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (whole.length < HEAD + DIGEST || whole.byteOffset % 4 !== 0) return false
  const head = headOf(whole)
  if (head.getUint32(0, true) !== MAGIC || head.getUint32(4, true) !== SEGMENT_VERSION) return false
  const total = whole.length - DIGEST
  const digest = await subtle.digest('SHA-256', whole.subarray(0, total))
  return Buffer.from(digest).equals(whole.subarray(total))
}

/** The digest at the end of a buffer. */
export const digestAt = (whole: Uint8Array): string =>
  Buffer.from(whole.subarray(whole.length - DIGEST)).toString('hex')

/** The sections of a buffer that is whole. */
export function unpackSections(whole: Uint8Array): Readonly<Record<Section, Uint8Array>> {
  const head = headOf(whole)
  const section = (name: Section): Uint8Array => {
    const at = 8 + SECTIONS.indexOf(name) * 8
    const from = head.getUint32(at, true)
    return whole.subarray(from, from + head.getUint32(at + 4, true))
  }
  return Object.fromEntries(SECTIONS.map((name) => [name, section(name)])) as Record<Section, Uint8Array>
}

/** A `u32` section as numbers, without a copy. */
export const numbersOf = (bytes: Uint8Array): Uint32Array =>
  new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)

/** Numbers as the bytes of a section. */
export const bytesOf = (numbers: Uint32Array | readonly number[]): Uint8Array =>
  new Uint8Array((numbers instanceof Uint32Array ? numbers : Uint32Array.from(numbers)).buffer)

const headOf = (whole: Uint8Array): DataView => new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
const aligned = (length: number): number => (length + 3) & ~3
const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
