import { readFile } from 'node:fs/promises'
import { inflateRawSync } from 'node:zlib'

const END = 0x06_05_4b_50
const ENTRY = 0x02_01_4b_50
const LARGEST = 1_048_576
/** The end record is 22 bytes and a comment of at most 65 535. */
const END_REACH = 65_557

/** Text of one entry of a jar of at most a megabyte; undefined when the file is no jar or has no such entry. */
export async function readJarEntry(path: string, name: string): Promise<string | undefined> {
  try {
    return entryText(await readFile(path), name)
  } catch {
    return undefined
  }
}

function entryText(jar: Buffer, name: string): string | undefined {
  let end = jar.length - 22
  while (end > 0 && jar.readUInt32LE(end) !== END && jar.length - end < END_REACH) end--
  if (jar.readUInt32LE(end) !== END) return undefined
  const entries = jar.readUInt16LE(end + 10)
  let at = jar.readUInt32LE(end + 16)
  for (let count = 0; count < entries && jar.readUInt32LE(at) === ENTRY; count++) {
    const lengths = [28, 30, 32].map((offset) => jar.readUInt16LE(at + offset))
    const named = lengths[0] ?? 0
    if (jar.toString('utf8', at + 46, at + 46 + named) === name) return contentOf(jar, at)
    at += lengths.reduce((sum, length) => sum + length, 46)
  }
  return undefined
}

/** The bytes lie behind the local header, whose own lengths count; sizes are those of the directory. */
function contentOf(jar: Buffer, entry: number): string | undefined {
  const local = jar.readUInt32LE(entry + 42)
  const start = local + 30 + jar.readUInt16LE(local + 26) + jar.readUInt16LE(local + 28)
  const bytes = jar.subarray(start, start + jar.readUInt32LE(entry + 20))
  const method = jar.readUInt16LE(entry + 10)
  if (method === 0) return bytes.toString('utf8')
  return method === 8 ? inflateRawSync(bytes, { maxOutputLength: LARGEST }).toString('utf8') : undefined
}
