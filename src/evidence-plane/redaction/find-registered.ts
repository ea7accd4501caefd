import { encodedForms, SHORTEST_FORM } from './encodings.ts'
import type { Span } from './span.ts'

/** A form this short counts only where it stands in one piece or fully spread: prose has chance neighbours. */
const SHORTEST_JOINED = 12
const WINDOW = 8
const TABLE_BITS = 18
const MIX = 0x9e3779b1
const SPACING_CLASS = /[\s\0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]/
const SPACING_RUN = new RegExp(`${SPACING_CLASS.source}+`, 'g')
const SPACING = Uint8Array.from({ length: 0x10000 }, (_, code) =>
  SPACING_CLASS.test(String.fromCharCode(code)) ? 1 : 0,
)

/** Exact values that the platform holds, found in all their encodings. */
export interface RegisteredValues {
  add(name: string, value: string): void
  /** `units` are the text's code units. */
  find(text: string, units: Uint16Array): readonly Span[]
  /** Characters of the longest form; 0 where nothing is registered. */
  longest(): number
}

/** The forms by the hash of their first eight characters that are no white space. */
interface Index {
  /** One bit a slot: 32 kB, which stays in the nearest cache. */
  readonly marked: Int32Array
  readonly forms: ReadonlyMap<number, readonly string[]>
  /** Forms with fewer than eight such characters, found one by one. */
  readonly sparse: readonly string[]
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
  const marked = new Int32Array(1 << (TABLE_BITS - 5))
  const byHash = new Map<number, string[]>()
  const sparse: string[] = []
  for (const form of forms) {
    const joined = form.replaceAll(SPACING_RUN, '')
    if (joined.length < WINDOW) {
      sparse.push(form)
      continue
    }
    let hash = 0
    for (let at = 0; at < WINDOW; at++) hash = (hash << 4) ^ Math.imul(joined.charCodeAt(at), MIX)
    const slot = hash >>> (32 - TABLE_BITS)
    marked[slot >>> 5] = (marked[slot >>> 5] ?? 0) | (1 << (slot & 31))
    byHash.set(hash, [...(byHash.get(hash) ?? []), form])
  }
  return { marked, forms: byHash, sparse }
}

/** One rolling hash over the last eight characters that count: each is shifted out after eight more. */
function findForms(text: string, units: Uint16Array, index: Index): readonly Span[] {
  const { marked, forms } = index
  const spans: Span[] = sparseHits(text, index.sparse)
  const places = new Int32Array(WINDOW)
  const { length } = units
  let hash = 0
  let seen = 0
  for (let at = 0; at < length; at++) {
    const code = units[at] ?? 0
    if (SPACING[code] === 1) continue
    hash = (hash << 4) ^ Math.imul(code, MIX)
    places[seen & (WINDOW - 1)] = at
    seen += 1
    const slot = hash >>> (32 - TABLE_BITS)
    if ((((marked[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 0 || seen < WINDOW) continue
    const start = places[seen & (WINDOW - 1)] ?? 0
    for (const form of forms.get(hash) ?? []) {
      const end = matchAt(text, start, form)
      if (end !== -1) spans.push({ start, end, kind: 'registered' })
    }
  }
  return spans
}

function sparseHits(text: string, sparse: readonly string[]): Span[] {
  const spans: Span[] = []
  for (const form of sparse)
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length))
      spans.push({ start: at, end: at + form.length, kind: 'registered' })
  return spans
}

/** Where the form ends that starts here, white space on either side passed over; -1 where it does not stand here. */
function matchAt(text: string, start: number, form: string): number {
  let at = start
  let counted = 0
  for (let next = 0; next < form.length; next++) {
    const wanted = form.charCodeAt(next)
    if (SPACING[wanted] === 1) continue
    while (at < text.length && SPACING[text.charCodeAt(at)] === 1) at++
    if (at >= text.length || text.charCodeAt(at) !== wanted) return -1
    at += 1
    counted += 1
  }
  if (counted >= SHORTEST_JOINED || at - start >= 2 * counted - 1) return at
  return text.startsWith(form.trimStart(), start) ? at : -1
}
