import { Buffer } from 'node:buffer'

const NEWLINE = 10
const RETURN = 13
/** Lines and bytes kept of each part of a log that is longer. */
const HEAD = { lines: 2_000, bytes: 1024 ** 2 } as const
const FIRST_ALARMS = { lines: 1_000, bytes: 512 * 1024 } as const
const LAST_ALARMS = { lines: 1_500, bytes: 1024 ** 2 } as const
const TAIL = { lines: 4_500, bytes: 4 * 1024 ** 2 } as const
/** Bytes of a line that are decoded; what a terminal shows last of a progress bar is at its end. */
const LINE = 4 * 1024

/** A line as its bytes say it. */
export interface RawLine {
  readonly number: number
  readonly raw: string
}

interface Piece {
  readonly bytes: Buffer
  readonly first: number
  readonly count: number
}

/** Keeps lines of a log within fixed bounds: its beginning, its end, and the first and last lines near alarms. */
export class LineStore {
  readonly #head = new Pieces(HEAD)
  readonly #first_alarms = new Pieces(FIRST_ALARMS)
  readonly #last_alarms = new RecentPieces(LAST_ALARMS)
  readonly #tail = new RecentPieces(TAIL)

  /** Takes whole lines in their order, the first of which has the number `first`. */
  take(bytes: Buffer, first: number, count: number): void {
    this.#head.take(bytes, first, count)
    this.#tail.take(bytes, first, count)
  }

  /** The same for lines near an alarm. */
  takeAlarm(bytes: Buffer, first: number, count: number): void {
    if (!this.#first_alarms.take(bytes, first, count)) this.#last_alarms.take(bytes, first, count)
  }

  /** All that was kept, in order, each line once. */
  lines(total: number): readonly RawLine[] {
    const kept = new Map<number, string>()
    const parts: readonly (readonly [Iterable<Piece>, (number: number) => boolean])[] = [
      [this.#head.pieces, (number) => number <= HEAD.lines],
      [this.#first_alarms.pieces, atMost(FIRST_ALARMS.lines)],
      [this.#last_alarms.pieces, this.#last_alarms.isLate()],
      [this.#tail.pieces, (number) => number > total - TAIL.lines],
    ]
    for (const [pieces, wanted] of parts)
      for (const piece of pieces)
        for (const { number, bytes } of linesOf(piece))
          if (wanted(number) && !kept.has(number)) kept.set(number, decoded(bytes))
    return [...kept].map(([number, raw]) => ({ number, raw })).sort((left, right) => left.number - right.number)
  }
}

const atMost = (lines: number): (() => boolean) => {
  let left = lines
  return () => left-- > 0
}

interface Bounds {
  readonly lines: number
  readonly bytes: number
}

/** The first pieces, until they are full. */
class Pieces {
  readonly pieces: Piece[] = []
  readonly #bounds: Bounds
  #lines = 0
  #bytes = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** False where it is full; of a piece that does not fit whole the beginning is kept. */
  take(bytes: Buffer, first: number, count: number): boolean {
    if (this.#lines >= this.#bounds.lines || this.#bytes >= this.#bounds.bytes) return false
    const room = this.#bounds.bytes - this.#bytes
    const end = bytes.length <= room ? bytes.length : bytes.lastIndexOf(NEWLINE, room - 1) + 1
    this.#bytes += bytes.length
    this.#lines += count
    if (end > 0) this.pieces.push({ bytes: Buffer.from(bytes.subarray(0, end)), first, count })
    return true
  }
}

/** The last pieces: older ones go when newer ones need the room. */
class RecentPieces {
  pieces: Piece[] = []
  readonly #bounds: Bounds
  #lines = 0
  #bytes = 0
  #oldest = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** Whether a line is among the last that the bounds allow; pieces may hold more. */
  isLate(): (number: number) => boolean {
    let left = this.#bounds.lines
    for (const { first, count } of this.pieces.toReversed()) {
      if (count >= left) return (number) => number >= first + count - left
      left -= count
    }
    return () => true
  }

  take(bytes: Buffer, first: number, count: number): void {
    this.pieces.push({ bytes: Buffer.from(bytes), first, count })
    this.#lines += count
    this.#bytes += bytes.length
    for (;;) {
      const oldest = this.pieces[this.#oldest]
      if (oldest === undefined || this.#oldest === this.pieces.length - 1) break
      const too_many = this.#lines - oldest.count >= this.#bounds.lines || this.#bytes > this.#bounds.bytes
      if (!too_many) break
      this.#lines -= oldest.count
      this.#bytes -= oldest.bytes.length
      this.#oldest++
    }
    // Taken off in bulk, for taking one off the front moves all the others.
    if (this.#oldest > 256) {
      this.pieces = this.pieces.slice(this.#oldest)
      this.#oldest = 0
    } else for (let at = 0; at < this.#oldest; at++) this.pieces[at] = NOTHING
  }
}

const NOTHING: Piece = { bytes: Buffer.alloc(0), first: 0, count: 0 }

function* linesOf(piece: Piece): Iterable<{ readonly number: number; readonly bytes: Buffer }> {
  let number = piece.first
  for (let from = 0; from < piece.bytes.length; number++) {
    const found = piece.bytes.indexOf(NEWLINE, from)
    const end = found === -1 ? piece.bytes.length : found
    yield { number, bytes: piece.bytes.subarray(from, end) }
    from = end + 1
  }
}

/** The text of a line; bytes that are no UTF-8 become replacement characters, and of a very long line parts are left. */
function decoded(bytes: Buffer): string {
  if (bytes.length <= LINE) return bytes.toString('utf8')
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === RETURN || bytes[end - 1] === 32)) end--
  const last = bytes.lastIndexOf(RETURN, end - 1)
  if (last !== -1) return bytes.subarray(last + 1, Math.min(end, last + 1 + LINE)).toString('utf8')
  return `${bytes.subarray(0, LINE / 2).toString('utf8')} … ${bytes.subarray(end - LINE / 2, end).toString('utf8')}`
}
