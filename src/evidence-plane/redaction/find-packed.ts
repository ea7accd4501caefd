import { Buffer } from 'node:buffer'
import { codeUnits } from './code-units.ts'
import type { Span } from './span.ts'
import { PACKINGS, zlibStream } from './unpack.ts'

/** A value of eight characters takes this much in base64 of gzip. */
const SHORTEST_RUN = 40
/** Packings inside one another that are looked into; what lies deeper is withheld. */
const DEEPEST = 4
/** Over one text: bytes unpacked or decoded anew, and pieces tried. */
const ROOM = 24 * 1024 ** 2
const TRIES = 2_000

/** What stands packed in a text and holds a registered value, or cannot be looked into. */
export interface PackedFindings {
  readonly spans: readonly Span[]
  /** Where a piece begins that the end of the text may have cut off; absent where none. */
  readonly open?: number
}

/** What is spent over one text, so that a bomb costs no more than a bound. */
interface Spending {
  room: number
  tries: number
}

type Holds = (text: string, units: Uint16Array) => boolean

/**
 * Finds gzip, zlib, zstd and zip, as bytes or in base64 or hex, and base64 of text, in one another to a depth, that hold
 * a registered value. What is too deep, too large, encrypted or of a packing that cannot be read is withheld as a whole.
 */
export function findPacked(text: string, units: Uint16Array, holds: Holds): PackedFindings {
  return look(text, units, { holds, depth: 1, spending: { room: ROOM, tries: TRIES } })
}

/** The end of each packing's first bytes from the first that no text has on: a search for that is the quickest. */
const RARE: readonly string[] = PACKINGS.map(({ magic }) => {
  const bytes = magic.toString('latin1')
  return bytes.slice(Math.max(0, bytes.search(/[^ -~]/)))
})

interface Look {
  readonly holds: Holds
  readonly depth: number
  readonly spending: Spending
}

function look(text: string, units: Uint16Array, at: Look): PackedFindings {
  const spans: Span[] = []
  const opens: number[] = []
  if (RARE.some((bytes) => text.includes(bytes))) {
    const bytes = Buffer.from(text, 'latin1')
    for (const { start, end, verdict } of inBytes(bytes, at)) {
      if (verdict !== undefined) spans.push({ start, end, kind: verdict })
      if (end >= bytes.length) opens.push(start)
    }
  }
  for (const run of encodedRuns(units)) {
    const [start, end] = [run[0] ?? 0, run.at(-1) ?? 0]
    const { verdict, is_packed } = ofLines(text, run, lastLine(units, end), at)
    if (verdict !== undefined) spans.push({ start, end, kind: verdict })
    if (is_packed && end >= units.length) opens.push(start)
  }
  return opens.length === 0 ? { spans } : { spans, open: Math.min(...opens) }
}

/** A kind to cut under: the value is in it, or nobody can say. */
type Verdict = 'registered' | 'unreadable_archive' | undefined

function inside(bytes: Buffer, at: Look): Verdict {
  const text = bytes.toString('latin1')
  const units = codeUnits(text)
  if (at.holds(text, units)) return 'registered'
  const { spans } = look(text, units, { ...at, depth: at.depth + 1 })
  return spans.find(({ kind }) => kind === 'registered') === undefined ? kindOf(spans[0]) : 'registered'
}

const kindOf = (span: Span | undefined): Verdict => (span === undefined ? undefined : 'unreadable_archive')

interface Piece {
  readonly start: number
  readonly end: number
  readonly verdict: Verdict
}

/** Every packed piece that begins somewhere in these bytes, in the order of packings; never one inside another. */
function* inBytes(bytes: Buffer, at: Look): Generator<Piece> {
  for (const { magic, unpack } of PACKINGS)
    for (let start = bytes.indexOf(magic); start !== -1; ) {
      const piece = mayGoOn(at) ? unpack(bytes, start, at.spending.room) : ({ kind: 'unreadable' } as const)
      let end = start + magic.length
      if (piece?.kind === 'read') {
        end = Math.max(end, piece.end)
        at.spending.room -= piece.bytes.length
        yield { start, end, verdict: inside(piece.bytes, at) }
      } else if (piece !== undefined) {
        end = bytes.length
        yield { start, end, verdict: 'unreadable_archive' }
      }
      start = bytes.indexOf(magic, end)
    }
}

function mayGoOn({ depth, spending }: Look): boolean {
  spending.tries -= 1
  return depth <= DEEPEST && spending.tries >= 0 && spending.room > 0
}

/** Looks without the short line behind the long ones first: it may be the end of the run, or a word that follows it. */
function ofLines(text: string, run: readonly number[], last: readonly number[], at: Look): RunVerdict {
  const lines = textOf(text, run)
  const found = ofRun(lines, at)
  if (last.length === 0 || !found.is_packed || found.verdict === 'registered') return found
  const all = ofRun(lines + textOf(text, last), at)
  return all.verdict === 'registered' ? all : found
}

interface RunVerdict {
  readonly verdict: Verdict
  readonly is_packed: boolean
}

/** A run of base64 or hex: what it is of, where that can hold anything. */
function ofRun(run: string, at: Look): RunVerdict {
  const is_hex = isHex(run)
  const encoding = is_hex ? 'hex' : 'base64'
  if (run.length < SMALL && isNoBeginning(Buffer.from(run.slice(0, 16), encoding)) && !SOME_MAGIC.test(run))
    return NOTHING
  const bytes = Buffer.from(run, encoding)
  const packed = at.spending.room <= 0 ? undefined : zlibStream(bytes, at.spending.room)
  if (packed !== undefined) {
    at.spending.room -= packed.length
    return { verdict: mayGoOn(at) ? inside(packed, at) : 'unreadable_archive', is_packed: true }
  }
  if (isText(bytes)) return { verdict: at.depth <= DEEPEST ? inside(bytes, at) : 'unreadable_archive', is_packed: true }
  const begins = bytes.length > SMALL || PACKINGS.some(({ magic }) => magic[0] === bytes[0])
  const pieces = [...(begins ? inBytes(bytes, at) : []), ...(is_hex ? [] : fromMagic(run, at))]
  const verdicts = pieces.map(({ verdict }) => verdict).filter((verdict) => verdict !== undefined)
  const verdict = verdicts.includes('registered') ? 'registered' : verdicts[0]
  return { verdict, is_packed: pieces.length > 0 }
}

/** In as few bytes only what begins with a packing is worth a look: most are hashes, and there are many in a log. */
const SMALL = 96

/** True where the first bytes are neither those of a text nor those of a packing. */
function isNoBeginning(bytes: Buffer): boolean {
  let others = 0
  for (const byte of bytes) if (byte >= 0x7f || (byte < 0x20 && (byte < 9 || byte > 13))) others += 1
  return others > 2 && ((bytes[0] ?? 0) & 0x8f) !== 8 && !PACKINGS.some(({ magic }) => magic[0] === bytes[0])
}

const NOTHING: RunVerdict = { verdict: undefined, is_packed: false }
const SOME_MAGIC = /H4sI|UEsDB|KLUv[/_]/
const BASE64_MAGIC = /(?:H4sI|UEsDB|KLUv\/|KLUv_)/g

/** Base64 that follows letters of something else: it begins where a packing's first bytes stand. */
function* fromMagic(run: string, at: Look): Generator<Piece> {
  for (const { index } of run.matchAll(BASE64_MAGIC)) {
    if (index % 4 === 0) continue
    at.spending.room -= run.length - index
    yield* inBytes(Buffer.from(run.slice(index), 'base64'), at)
    if (at.spending.room <= 0) return
  }
}

const isHex = (run: string): boolean => run.length % 2 === 0 && /^[0-9a-f]+$/i.test(run)

/** True where the first bytes are printable: what base64 of a text looks like, and a hash does not. */
function isText(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, 48)
  let others = 0
  for (let at = 0; at < length && others * 10 <= length; at++) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x7f || (byte < 0x20 && (byte < 9 || byte > 13))) others += 1
  }
  return length > 0 && others * 10 <= length
}

const IN_RUN = Uint8Array.from({ length: 0x10000 }, (_, code) =>
  code < 0x80 && /[A-Za-z0-9+/_-]/.test(String.fromCharCode(code)) ? 1 : 0,
)

/** Starts and ends of the lines of each run, flat: runs go on over line breaks while their lines are long and whole. */
function encodedRuns(units: Uint16Array): readonly (readonly number[])[] {
  const runs: number[][] = []
  const lines = longLines(units)
  for (let line = 0; line < lines.length; line += 2) {
    const [start = 0, end = 0] = [lines[line], lines[line + 1]]
    const last = runs.at(-1)
    const before = last?.at(-1) ?? 0
    const next = afterBreak(units, before)
    // A break that is written `\n` ends in a letter that looks like the first of this line.
    const goes_on = next > before && next >= start && next < end && (before - (last?.at(-2) ?? 0)) % 4 === 0
    if (last !== undefined && goes_on) last.push(next, end)
    else runs.push([start, end])
  }
  return runs
}

/** Start and end of the short line behind a run; none where no line follows. */
function lastLine(units: Uint16Array, at: number): readonly number[] {
  const start = afterBreak(units, at)
  let end = start
  while (IN_RUN[units[end] ?? 0] === 1) end++
  return start > at && end > start ? [start, end] : []
}

/** Places looked at: a run that is long enough stands at two of them in a row, and at all that is between. */
const STEP = SHORTEST_RUN / 2

function longLines(units: Uint16Array): readonly number[] {
  const found: number[] = []
  for (let at = 0; at < units.length; at += STEP) {
    if (!standsAllAlong(units, at)) continue
    let [start, end] = [at, at + STEP]
    while (start > 0 && IN_RUN[units[start - 1] ?? 0] === 1) start--
    while (end < units.length && IN_RUN[units[end] ?? 0] === 1) end++
    if (end - start >= SHORTEST_RUN) found.push(start, end)
    while (at + STEP < end) at += STEP
  }
  return found
}

/** The ends first and then the middles: most places fail at the first or second look. */
function standsAllAlong(units: Uint16Array, at: number): boolean {
  const table = IN_RUN
  if (at + STEP > units.length || table[units[at] ?? 0] === 0 || table[units[at + STEP - 1] ?? 0] === 0) return false
  for (let next = at + 1; next < at + STEP; next++) if (table[units[next] ?? 0] === 0) return false
  return true
}

/** The place behind a line break, as such or written `\n`, and what indents the next line; the place itself where none. */
function afterBreak(units: Uint16Array, at: number): number {
  let next = at
  if (units[next] === 0x5c && units[next + 1] === 0x72) next += 2
  if (units[next] === 0x0d) next += 1
  if (units[next] === 0x5c && units[next + 1] === 0x6e) next += 2
  else if (units[next] === 0x0a) next += 1
  else return at
  for (let blanks = 0; blanks < 16 && (units[next] === 0x20 || units[next] === 0x09); blanks++) next += 1
  return next
}

function textOf(text: string, run: readonly number[]): string {
  const pieces: string[] = []
  for (let line = 0; line < run.length; line += 2) pieces.push(text.slice(run[line], run[line + 1]))
  return pieces.join('')
}
