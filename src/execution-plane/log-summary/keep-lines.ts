import { Buffer } from 'node:buffer'
import { alarmMachine, isAlarm, nextProbe } from './alarm-words.ts'
import { LineStore, type RawLine } from './line-store.ts'

const NEWLINE = 10
/** Bytes looked at in one go. */
const BLOCK = 1024 ** 2
/** Of a line longer than a block only this much of its beginning and of its end is kept. */
const LONG_PART = 16 * 1024
/** Lines kept before and after one with an alarm word. */
const BEFORE = 3
const AFTER = 10

/** What is kept of a log: all of a short one; of a long one its beginning, its end, and what stands around alarms. */
export interface KeptLog {
  readonly lines: readonly RawLine[]
  readonly total_lines: number
  readonly total_bytes: number
}

/**
 * Takes a log in pieces. Memory is a block and four bounded stores (about 8 MB), time linear in the bytes; a line
 * without an end is passed over with its first and last 16 kB kept.
 */
export class LogKeeper {
  readonly #block = Buffer.allocUnsafe(BLOCK)
  readonly #store = new LineStore()
  readonly #machine = alarmMachine()
  /** Ends of the lines of the block in hand. */
  readonly #ends = new Int32Array(BLOCK)
  #filled = 0
  #lines = 0
  #bytes = 0
  /** Lines that still belong to the surroundings of an alarm. */
  #following = 0
  /** The beginning of a line longer than a block, while its end is looked for. */
  #long: Buffer | undefined

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    for (let from = 0; from < bytes.length; ) {
      const taken = Math.min(BLOCK - this.#filled, bytes.length - from)
      this.#block.set(bytes.subarray(from, from + taken), this.#filled)
      this.#filled += taken
      from += taken
      if (this.#filled === BLOCK) this.#drain()
    }
  }

  end(): KeptLog {
    if (this.#filled > 0 || this.#long !== undefined) {
      if (this.#filled === 0 || this.#block[this.#filled - 1] !== NEWLINE) this.#block[this.#filled++] = NEWLINE
      this.#drain()
    }
    return { lines: this.#store.lines(this.#lines), total_lines: this.#lines, total_bytes: this.#bytes }
  }

  #drain(): void {
    let from = 0
    if (this.#long !== undefined) {
      const end = this.#block.subarray(0, this.#filled).indexOf(NEWLINE)
      if (end === -1) return this.#skip()
      this.#takeLong(this.#long, this.#block.subarray(Math.max(0, end - LONG_PART), end + 1))
      from = end + 1
    }
    const last = this.#block.subarray(0, this.#filled).lastIndexOf(NEWLINE)
    if (last < from) {
      if (this.#filled - from < BLOCK) return this.#carry(from)
      this.#long = Buffer.from(this.#block.subarray(from, from + LONG_PART))
      return this.#skip()
    }
    this.#scan(from, last + 1)
    this.#carry(last + 1)
  }

  /** Keeps no more than the end of what is in hand: the line goes on. */
  #skip(): void {
    this.#carry(Math.max(0, this.#filled - LONG_PART))
  }

  #carry(from: number): void {
    this.#block.copyWithin(0, from, this.#filled)
    this.#filled -= from
  }

  #takeLong(head: Buffer, tail: Uint8Array): void {
    this.#long = undefined
    const line = Buffer.concat([head, tail])
    this.#store.take(line, this.#lines + 1, 1)
    this.#store.takeAlarm(line, this.#lines + 1, 1)
    this.#lines++
  }

  /** Looks at whole lines: counts them, and hands those near alarms on. */
  #scan(from: number, to: number): void {
    const block = this.#block
    const ends = this.#ends
    let count = 0
    for (let at = block.indexOf(NEWLINE, from); at !== -1 && at < to; at = block.indexOf(NEWLINE, at + 1))
      ends[count++] = at
    let kept_from = 0
    let kept_to = Math.min(this.#following, count)
    let reach = this.#following
    let line = 0
    for (let at = nextProbe(this.#machine, block, from, to); at < to; ) {
      if (!isAlarm(this.#machine, block, at)) {
        at = nextProbe(this.#machine, block, at + 2, to)
        continue
      }
      // A word may begin with the byte before the end of the line above.
      while ((ends[line] ?? to) <= at) line++
      const first = Math.max(0, line - BEFORE)
      if (first > kept_to) {
        this.#keep(from, kept_from, kept_to)
        kept_from = first
      }
      reach = line + AFTER + 1
      kept_to = Math.min(reach, count)
      // The rest of the line can add nothing.
      at = nextProbe(this.#machine, block, (ends[line] ?? to) + 1, to)
    }
    this.#keep(from, kept_from, kept_to)
    this.#following = Math.max(0, reach - count)
    this.#store.take(block.subarray(from, to), this.#lines + 1, count)
    this.#lines += count
  }

  /** Hands lines of the block on, counted from its first. */
  #keep(from: number, first: number, last: number): void {
    if (last <= first) return
    const begin = first === 0 ? from : (this.#ends[first - 1] ?? 0) + 1
    const end = (this.#ends[last - 1] ?? 0) + 1
    this.#store.takeAlarm(this.#block.subarray(begin, end), this.#lines + first + 1, last - first)
  }
}
