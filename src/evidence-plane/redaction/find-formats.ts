import { codeUnits } from './code-units.ts'
import { CREDENTIAL_FORMATS, type CredentialFormat } from './credential-formats.ts'
import { GENERAL_FORMATS } from './general-formats.ts'
import { SECRETLINT_PREFIXES } from './find-by-secretlint.ts'
import { findPrivateKeys } from './private-keys.ts'
import type { Span } from './span.ts'

/** What one walk over a text finds. */
interface FormatFindings {
  readonly spans: readonly Span[]
  /** Where secretlint is worth asking, ascending. */
  readonly ask_secretlint: readonly number[]
}

interface Entry {
  readonly anchor: Uint16Array
  /** 0x20 where letters of either case are meant. */
  readonly fold: number
  /** Absent: secretlint is asked here. */
  readonly format?: CredentialFormat
  readonly number: number
}

const FORMATS: readonly CredentialFormat[] = [...CREDENTIAL_FORMATS, ...GENERAL_FORMATS]

/** Six bits of each of three characters. */
const SLOTS = 1 << 18
const marked = new Uint8Array(SLOTS)
const entries = new Map<number, Entry[]>()
/** Places looked up in one go. Loops over a text hold nothing else: only so they are compiled to a few instructions. */
const HITS = 4_096
/** Shared by all searches: none of them waits for anything while it uses it. */
const hits = new Int32Array(HITS)

/** Enters an anchor under each spelling of its first three characters. */
function enter(entry: Entry): void {
  const spellings = Array.from(entry.anchor.slice(0, 3), (code) =>
    entry.fold !== 0 && code >= 0x61 && code <= 0x7a ? [code, code & ~0x20] : [code],
  )
  const [first = [], second = [], third = []] = spellings
  for (const one of first)
    for (const two of second)
      for (const three of third) {
        const slot = ((one & 63) << 12) | ((two & 63) << 6) | (three & 63)
        marked[slot] = 1
        entries.set(slot, [...(entries.get(slot) ?? []), entry])
      }
}

function anchorUnits(anchor: string, fold: number): Uint16Array {
  return codeUnits(fold === 0 ? anchor : anchor.toLowerCase()).map((code) => code | fold)
}

for (const [number, format] of FORMATS.entries()) {
  const fold = format.expression.flags.includes('i') ? 0x20 : 0
  for (const anchor of format.anchors) enter({ anchor: anchorUnits(anchor, fold), fold, format, number })
}
for (const anchor of SECRETLINT_PREFIXES) enter({ anchor: anchorUnits(anchor, 0), fold: 0, number: -1 })

/**
 * Finds known formats of credentials in one walk: a table over three characters says where an expression may begin, and
 * only there it is tried. An expression is bounded and never tried inside what it matched, so time is linear.
 */
export function findFormats(text: string, units: Uint16Array): FormatFindings {
  const spans: Span[] = [...findPrivateKeys(text)]
  const ask_secretlint: number[] = []
  const free = new Int32Array(FORMATS.length)
  for (let from = 0; from < units.length; ) {
    const found = markedPlaces(units, from)
    for (const start of hits.subarray(0, found))
      for (const entry of entries.get(slotAt(units, start)) ?? []) {
        if (!standsAt(units, start, entry) || start < (free[entry.number] ?? 0)) continue
        if (entry.format === undefined) {
          ask_secretlint.push(start)
          continue
        }
        if (entry.format.cannot?.(units, start) === true) continue
        const credential = tryFormat(entry.format, text, start)
        if (credential === undefined) continue
        spans.push(credential.span)
        free[entry.number] = credential.end
      }
    from = found < HITS ? units.length : (hits[HITS - 1] ?? 0) + 1
  }
  return { spans, ask_secretlint }
}

/** Enters the next places at which three characters stand that some anchor begins with; gives how many there are. */
function markedPlaces(units: Uint16Array, from: number): number {
  const table = marked
  const places = hits
  let found = 0
  let slot = (((units[from] ?? 0) & 63) << 6) | ((units[from + 1] ?? 0) & 63)
  for (let at = from + 2; at < units.length; at++) {
    slot = ((slot << 6) | ((units[at] ?? 0) & 63)) & (SLOTS - 1)
    if (table[slot] === 0) continue
    places[found] = at - 2
    found += 1
    if (found === HITS) break
  }
  return found
}

const slotAt = (units: Uint16Array, at: number): number =>
  (((units[at] ?? 0) & 63) << 12) | (((units[at + 1] ?? 0) & 63) << 6) | ((units[at + 2] ?? 0) & 63)

function standsAt(units: Uint16Array, start: number, { anchor, fold }: Entry): boolean {
  for (let at = 0; at < anchor.length; at++) if (((units[start + at] ?? 0) | fold) !== anchor[at]) return false
  return true
}

function tryFormat(
  { kind, expression, back = 0, accepts }: CredentialFormat,
  text: string,
  at: number,
): { readonly span: Span; readonly end: number } | undefined {
  if (at < back) return undefined
  expression.lastIndex = at - back
  const match = expression.exec(text)
  if (match === null) return undefined
  const groups: Readonly<Record<string, string | undefined>> = { 0: match[0], ...match.groups }
  if (accepts !== undefined && !accepts(groups)) return undefined
  const value = groups['secret'] ?? groups['quoted'] ?? groups['bare'] ?? match[0]
  const start = match.index + match[0].lastIndexOf(value)
  return { span: { start, end: start + value.length, kind }, end: match.index + match[0].length }
}

/** What the version of the redactor is made from. */
export const formatSources: readonly string[] = FORMATS.map(({ kind, expression }) => `${kind}:${expression.source}`)
