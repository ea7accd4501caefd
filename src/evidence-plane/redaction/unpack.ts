import { Buffer } from 'node:buffer'
import { constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** What one packed piece holds: its bytes and where it ends; or that nobody can say what it holds. */
type Unpacked =
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly end: number }
  | { readonly kind: 'unreadable' }

/** Bytes a piece may become; a bomb is withheld, not unpacked. */
const MOST = 8 * 1024 ** 2

interface Packing {
  readonly magic: Buffer
  /** Undefined where only the first bytes look like it. */
  readonly unpack: (packed: Buffer, at: number, room: number) => Unpacked | undefined
}

const UNREADABLE: Unpacked = { kind: 'unreadable' }

/** Whatever begins like one of these is looked into, or withheld where this program cannot. */
export const PACKINGS: readonly Packing[] = [
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), unpack: gzip },
  { magic: Buffer.from('PK\x03\x04', 'latin1'), unpack: zipEntry },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), unpack: zstd },
  ...['\xfd7zXZ\0', 'BZh91AY&SY', '7z\xbc\xaf\x27\x1c', 'Rar!\x1a\x07', '\x04\x22M\x18'].map((magic) => ({
    magic: Buffer.from(magic, 'latin1'),
    unpack: () => UNREADABLE,
  })),
]

/** What a truncated piece holds counts as well: it is read as far as it goes. */
const reading = (room: number) => ({
  maxOutputLength: Math.min(MOST, room),
  finishFlush: constants.Z_SYNC_FLUSH,
  info: true as const,
})

interface WithEngine {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function read(from: number, unpack: () => unknown): Unpacked {
  try {
    // The types leave out what `info` adds.
    const { buffer, engine } = unpack() as WithEngine
    return { kind: 'read', bytes: buffer, end: from + engine.bytesWritten }
  } catch {
    return UNREADABLE
  }
}

function gzip(packed: Buffer, at: number, room: number): Unpacked | undefined {
  // Three bits of the flags are reserved and always zero.
  if (((packed[at + 3] ?? 0xff) & 0xe0) !== 0) return undefined
  return read(at, () => gunzipSync(packed.subarray(at), reading(room)))
}

function zstd(packed: Buffer, at: number, room: number): Unpacked {
  const { ZSTD_e_flush: finishFlush } = constants
  return read(at, () => zstdDecompressSync(packed.subarray(at), { ...reading(room), finishFlush }))
}

/** One entry of a zip; what is stored as it is stands in the bytes anyway. */
function zipEntry(packed: Buffer, at: number, room: number): Unpacked | undefined {
  const HEADER = 30
  if (at + HEADER > packed.length) return undefined
  const [flags, method] = [packed.readUInt16LE(at + 6), packed.readUInt16LE(at + 8)]
  const from = at + HEADER + packed.readUInt16LE(at + 26) + packed.readUInt16LE(at + 28)
  if ((flags & 1) !== 0) return UNREADABLE
  if (method === 0) return { kind: 'read', bytes: Buffer.alloc(0), end: Math.min(packed.length, from) }
  if (method !== 8) return UNREADABLE
  return read(from, () => inflateRawSync(packed.subarray(from), reading(room)))
}

/** The bytes of a zlib stream, whose two first bytes are too common to be looked for; undefined where it is none. */
export function zlibStream(packed: Buffer, room: number): Buffer | undefined {
  const [first = 0, second = 0] = packed
  if ((first & 0x8f) !== 8 || ((first << 8) | second) % 31 !== 0) return undefined
  const unpacked = read(0, () => inflateSync(packed, reading(room)))
  return unpacked.kind === 'read' ? unpacked.bytes : undefined
}
