import { inflateRawSync } from 'node:zlib'

const END = 0x06_05_4b_50
const ENTRY = 0x02_01_4b_50
/** The end record is 22 bytes and a comment of at most 65 535. */
const END_REACH = 65_557
const LARGEST = 4 * 1024 ** 2

/** Texts of the entries of a zip archive whose names end so, one after another; throws where it is none. */
export function* zipEntries(archive: Buffer, ending: string): Generator<string, void> {
  let end = archive.length - 22
  while (end > 0 && archive.readUInt32LE(end) !== END && archive.length - end < END_REACH) end--
  if (end < 0 || archive.readUInt32LE(end) !== END) throw new Error('it is no zip archive')
  const count = archive.readUInt16LE(end + 10)
  const size = archive.readUInt32LE(end + 12)
  // Archives of over 65,535 entries give their number elsewhere; the directory's own length tells where it ends.
  let at = count === 0xffff ? end - size - 76 : archive.readUInt32LE(end + 16)
  if (at < 0 || archive.readUInt32LE(at) !== ENTRY) at = archive.readUInt32LE(end + 16)
  while (at + 46 <= archive.length && archive.readUInt32LE(at) === ENTRY) {
    const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset))
    if (archive.toString('utf8', at + 46, at + 46 + name).endsWith(ending)) yield contentOf(archive, at)
    at += 46 + name + extra + comment
  }
}

/** The bytes lie behind the local header, whose own lengths count; sizes are those of the directory. */
function contentOf(archive: Buffer, entry: number): string {
  const local = archive.readUInt32LE(entry + 42)
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const bytes = archive.subarray(start, start + archive.readUInt32LE(entry + 20))
  const packed = archive.readUInt16LE(entry + 10) !== 0
  return (packed ? inflateRawSync(bytes, { maxOutputLength: LARGEST }) : bytes).toString('utf8')
}
