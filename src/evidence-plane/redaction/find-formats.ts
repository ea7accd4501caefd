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
  let slot = 0
  for (let at = 0; at < units.length; at++) {
    slot = ((slot << 6) | ((units[at] ?? 0) & 63)) & (SLOTS - 1)
    if (marked[slot] === 0) continue
    const start = at - 2
    for (const entry of entries.get(slot) ?? []) {
      if (!standsAt(units, start, entry) || start < (free[entry.number] ?? 0)) continue
      if (entry.format === undefined) {
        ask_secretlint.push(start)
        continue
      }
      const found = tryFormat(entry.format, text, start)
      if (found === undefined) continue
      spans.push(found.span)
      free[entry.number] = found.end
    }
  }
  return { spans, ask_secretlint }
}

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
