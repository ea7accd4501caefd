import { stripControlSequences } from './strip-control-sequences.ts'

/**
 * One stream of a command, kept in bounded memory: the first and the last half of `limit` bytes.
 * What lies between is counted and dropped.
 */
export interface CapturedStream {
  push(chunk: Buffer): void
  /** Bytes that are kept. */
  kept(): number
  /** Text of at most `budget` kept bytes and how many were dropped of the whole stream. */
  read(budget: number): { readonly text: string; readonly dropped: number }
}

/** Cuts where no UTF-8 character is torn apart: continuation bytes at the edge are given up. */
const cleanStart = (bytes: Buffer): Buffer => {
  let start = 0
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1
  return bytes.subarray(start)
}

const cleanEnd = (bytes: Buffer): Buffer => {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return width > back ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}

/** A ring that remembers the last `capacity` bytes. */
const createTail = (capacity: number) => {
  let ring = Buffer.alloc(0)
  let written = 0
  return {
    push: (chunk: Buffer): void => {
      const last = chunk.length > capacity ? chunk.subarray(chunk.length - capacity) : chunk
      // The ring grows to its capacity only when a command really writes that much.
      if (ring.length < capacity && written + chunk.length > ring.length) {
        const grown = Buffer.alloc(Math.min(capacity, Math.max(ring.length * 2, written + chunk.length, 4096)))
        ring.copy(grown, 0, 0, Math.min(written, ring.length))
        ring = grown
      }
      const at = ring.length === 0 ? 0 : (written + chunk.length - last.length) % ring.length
      const first = last.copy(ring, at)
      if (first < last.length) last.copy(ring, 0, first)
      written += chunk.length
    },
    read: (): Buffer => {
      if (written <= ring.length) return ring.subarray(0, written)
      const at = written % ring.length
      return Buffer.concat([ring.subarray(at), ring.subarray(0, at)])
    },
  }
}

/** Remembers the last bytes of a stream; their text is without control sequences. */
export const keepLast = (
  limit: number,
): {
  readonly push: (chunk: Buffer) => void
  readonly text: () => string
} => {
  const tail = createTail(limit)
  return { push: tail.push, text: () => stripControlSequences(cleanStart(tail.read()).toString('utf8')) }
}

/** Starts capturing a stream. */
export const captureStream = (limit: number): CapturedStream => {
  const head_limit = Math.ceil(limit / 2)
  const tail = createTail(Math.floor(limit / 2))
  const head: Buffer[] = []
  let head_bytes = 0
  let total = 0
  return {
    push: (chunk) => {
      total += chunk.length
      const room = Math.min(head_limit - head_bytes, chunk.length)
      // Copied: a chunk is a slice of a larger pool that would be kept alive with it.
      if (room > 0) head.push(Buffer.from(chunk.subarray(0, room)))
      head_bytes += Math.max(room, 0)
      if (room < chunk.length) tail.push(chunk.subarray(Math.max(room, 0)))
    },
    kept: () => Math.min(total, limit),
    read: (budget) => {
      const begin = Buffer.concat(head)
      const end = tail.read()
      const complete = begin.length + end.length === total ? Buffer.concat([begin, end]) : undefined
      if (complete !== undefined && total <= budget) {
        return { text: stripControlSequences(complete.toString('utf8')), dropped: 0 }
      }
      const first = cleanEnd((complete ?? begin).subarray(0, Math.ceil(budget / 2)))
      const closing = complete ?? end
      const last = cleanStart(closing.subarray(Math.max(0, closing.length - Math.floor(budget / 2))))
      const dropped = total - first.length - last.length
      const parts = [first, last].map((bytes) => stripControlSequences(bytes.toString('utf8')))
      return { text: parts.join(`\n[... ${dropped} bytes left out ...]\n`), dropped }
    },
  }
}

/** Texts of both streams within one budget; the smaller stream gives what it does not need to the larger one. */
export const readWithin = (
  out: CapturedStream,
  err: CapturedStream,
  budget: number,
): { readonly stdout: string; readonly stderr: string; readonly truncated_bytes: number } => {
  const half = Math.floor(budget / 2)
  const for_err = Math.min(err.kept(), Math.max(half, budget - out.kept()))
  const stderr = err.read(for_err)
  const stdout = out.read(Math.min(out.kept(), budget - for_err))
  return { stdout: stdout.text, stderr: stderr.text, truncated_bytes: stdout.dropped + stderr.dropped }
}
