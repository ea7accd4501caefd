import { codeUnits } from './code-units.ts'
import { encodedForms, SHORTEST_FORM } from './encodings.ts'
import type { Span } from './span.ts'

/** A form this short counts only where it stands in one piece or fully spread: prose has chance neighbours. */
const SHORTEST_JOINED = 12
/** Forms with fewer characters that count than this are looked for one by one. */
const WINDOW = 8
const PIECE = 4
/** A form of eight characters holds a whole piece that ends at a multiple of this. */
const STRIDE = WINDOW - PIECE + 1
const TABLE_BITS = 18
const SPACING_CLASS = /[\s\0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/
const SPACING_RUN = new RegExp(`${SPACING_CLASS.source}+`, 'g')
const SPACING = Uint8Array.from({ length: 0x10000 }, (_, code) =>
  SPACING_CLASS.test(String.fromCharCode(code)) ? 1 : 0,
)
const COUNTS = SPACING.map((is_spacing) => 1 - is_spacing)

/** Exact values that the platform holds, found in all their encodings. */
export interface RegisteredValues {
  add(name: string, value: string): void
  /** `units` are the text's code units. */
  find(text: string, units: Uint16Array): readonly Span[]
  /** Characters of the longest form; 0 where nothing is registered. */
  longest(): number
}

/** The forms by the hashes of their four-character pieces that a look at every fifth character cannot miss. */
interface Index {
  /** A bit for each hash that a piece has; 256 kB, so that it stays in the processor's cache. */
  readonly marked: Uint8Array
  readonly forms: ReadonlyMap<number, readonly Placed[]>
  /** Forms with fewer than eight characters that count, found one by one. */
  readonly sparse: readonly string[]
}

/** A form, its joined characters, where among them the window begins that is looked for, and the piece. */
interface Placed {
  readonly form: string
  readonly joined: Uint16Array
  readonly window: number
  readonly piece: number
}

/**
 * Keeps registered values. A text is searched once, passing over white space and zero-width characters, so that a value
 * wrapped over lines or written one character a line is found by the same walk as one that stands in one piece.
 */
export function registeredValues(): RegisteredValues {
  const forms = new Set<string>()
  let index: Index | undefined
  let longest = 0
  return {
    add(_name, value) {
      const trimmed = value.trim()
      if (trimmed.length < SHORTEST_FORM) return
      for (const form of encodedForms(trimmed)) {
        forms.add(form)
        longest = Math.max(longest, form.length)
      }
      index = undefined
    },
    find(text, units) {
      if (forms.size === 0) return []
      index ??= indexOf([...forms])
      return findForms(text, units, index)
    },
    longest: () => longest,
  }
}

function indexOf(forms: readonly string[]): Index {
  const marked = new Uint8Array(1 << TABLE_BITS)
  const placed = new Map<number, Placed[]>()
  const joined = forms.map((form) => form.replaceAll(SPACING_RUN, ''))
  const shared = windowCounts(joined)
  for (const [number, text] of joined.entries()) {
    if (text.length < WINDOW) continue
    const form = forms[number] ?? ''
    const units = codeUnits(text)
    const window = rarestWindow(text, shared)
    for (let piece = window; piece < window + STRIDE; piece++) {
      const slot = slotOf(units, piece)
      marked[slot] = (marked[slot] ?? 0) | bitOf(hashAt(units, piece))
      const here = placed.get(slot)
      const entry = { form, joined: units, window, piece }
      if (here === undefined) placed.set(slot, [entry])
      else here.push(entry)
    }
  }
  return { marked, forms: placed, sparse: forms.filter((_, number) => (joined[number]?.length ?? 0) < WINDOW) }
}

/** Where windows begin among which the one of a form is chosen. */
const WINDOW_STARTS = [0, 3, 6, 9, 12, 16, 20, 25, 30, 40]

function* windowsOf(joined: string): Generator<readonly [at: number, window: string]> {
  for (const at of WINDOW_STARTS) if (at + WINDOW <= joined.length) yield [at, joined.slice(at, at + WINDOW)]
}

function windowCounts(all: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const joined of all)
    for (const [, window] of windowsOf(joined)) counts.set(window, (counts.get(window) ?? 0) + 1)
  return counts
}

/** Keys of one kind begin alike: a form is looked for by what few others hold, or each hit would try them all. */
function rarestWindow(joined: string, counts: ReadonlyMap<string, number>): number {
  let [rarest, fewest] = [0, Number.POSITIVE_INFINITY]
  for (const [at, window] of windowsOf(joined)) {
    const count = counts.get(window) ?? 0
    if (count < fewest) [rarest, fewest] = [at, count]
  }
  return rarest
}

const slotOf = (units: Uint16Array, at: number): number => hashAt(units, at) >>> (32 - TABLE_BITS)

/** Three more bits of the hash: eight times as many pieces are told apart in the same table. */
const bitOf = (hash: number): number => 1 << ((hash >>> (29 - TABLE_BITS)) & 7)

function hashAt(units: Uint16Array, at: number): number {
  const low = (units[at] ?? 0) ^ ((units[at + 1] ?? 0) << 8)
  const high = (units[at + 2] ?? 0) ^ ((units[at + 3] ?? 0) << 8)
  return Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77)
}

/** Takes white space out, then looks at every fifth piece of what is left. */
function findForms(text: string, units: Uint16Array, index: Index): readonly Span[] {
  const spans: Span[] = sparseHits(text, index.sparse)
  const joined = new Uint16Array(units.length + 1)
  const before = new Int32Array((units.length >>> 6) + 1)
  const length = withoutSpacing(units, joined, before)
  for (let from = 0; from + PIECE <= length; ) {
    const found = markedPieces(joined, length, from, index.marked)
    for (const at of hits.subarray(0, found))
      for (const placed of index.forms.get(slotOf(joined, at)) ?? []) {
        if (!standsAround(joined, at, placed)) continue
        const start = placeOf(units, before, at - placed.piece)
        const end = matchAt(text, start, placed.form)
        if (end !== -1) spans.push({ start, end, kind: 'registered' })
      }
    from = found < HITS ? length : (hits[HITS - 1] ?? 0) + STRIDE
  }
  return spans
}

/** Pieces looked up in one go. Loops over a text hold nothing else: only so they are compiled to a few instructions. */
const HITS = 4_096
/** Shared by all searches: none of them waits for anything while it uses it. */
const hits = new Int32Array(HITS)

function markedPieces(joined: Uint16Array, length: number, from: number, marked: Uint8Array): number {
  let found = 0
  for (let at = from; at + PIECE <= length; at += STRIDE) {
    const hash = hashAt(joined, at)
    if (((marked[hash >>> (32 - TABLE_BITS)] ?? 0) & bitOf(hash)) === 0) continue
    hits[found] = at
    found += 1
    if (found === HITS) break
  }
  return found
}

/** True where the eight characters of the form stand in which the piece is: most chance hits end here. */
function standsAround(units: Uint16Array, at: number, { joined, window, piece }: Placed): boolean {
  if (at < piece) return false
  const start = at - piece
  for (let next = window; next < window + WINDOW; next++) if (units[start + next] !== joined[next]) return false
  return true
}

/** Gathers the characters that count, and how many stand before each 64th of the text; gives how many there are. */
function withoutSpacing(units: Uint16Array, joined: Uint16Array, before: Int32Array): number {
  const counts = COUNTS
  let length = 0
  for (let block = 0; block << 6 < units.length; block++) {
    before[block] = length
    const end = Math.min((block + 1) << 6, units.length)
    for (let at = block << 6; at < end; at++) {
      const code = units[at] ?? 0
      joined[length] = code
      length += counts[code] ?? 0
    }
  }
  return length
}

/** Where a character stands that counts: its block by halving, the rest by walking. */
function placeOf(units: Uint16Array, before: Int32Array, counted: number): number {
  let low = 0
  let high = ((units.length + 63) >>> 6) - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((before[middle] ?? 0) <= counted) low = middle
    else high = middle - 1
  }
  let missing = counted - (before[low] ?? 0)
  for (let at = low << 6; at < units.length; at++) {
    if (SPACING[units[at] ?? 0] === 1) continue
    if (missing === 0) return at
    missing -= 1
  }
  return units.length
}

function firstThatCounts(form: string): number {
  let at = 0
  while (SPACING[form.charCodeAt(at)] === 1) at++
  return at
}

function sparseHits(text: string, sparse: readonly string[]): Span[] {
  const spans: Span[] = []
  for (const form of sparse)
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length))
      spans.push({ start: at, end: at + form.length, kind: 'registered' })
  return spans
}

/**
 * Where the form ends that starts here, white space on either side passed over; -1 where it does not stand here. A short
 * form counts only in one piece or with space between all of its characters (a surrogate pair is one).
 */
function matchAt(text: string, start: number, form: string): number {
  let at = start
  let counted = 0
  let characters = 0
  for (let next = 0; next < form.length; next++) {
    const wanted = form.charCodeAt(next)
    if (SPACING[wanted] === 1) continue
    while (at < text.length && SPACING[text.charCodeAt(at)] === 1) at++
    if (at >= text.length || text.charCodeAt(at) !== wanted) return -1
    at += 1
    counted += 1
    if (!isLowSurrogate(wanted)) characters += 1
  }
  if (counted >= SHORTEST_JOINED || at - start >= counted + characters - 1) return at
  return at - start === counted || text.startsWith(form.slice(firstThatCounts(form)), start) ? at : -1
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
