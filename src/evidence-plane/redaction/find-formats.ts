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
  readonly anchor: string
  readonly folded: boolean
  /** Absent: secretlint is asked here. */
  readonly format?: CredentialFormat
  readonly number: number
}

const FORMATS: readonly CredentialFormat[] = [...CREDENTIAL_FORMATS, ...GENERAL_FORMATS]

/** Five bits of each of three characters: letters of either case share a slot. */
const TABLE = 1 << 15
const slots: readonly Entry[][] = Array.from({ length: TABLE }, () => [])
const marked = new Uint8Array(TABLE)

function enter(entry: Entry): void {
  let slot = 0
  for (let at = 0; at < 3; at++) slot = ((slot << 5) | (entry.anchor.charCodeAt(at) & 31)) & (TABLE - 1)
  marked[slot] = 1
  slots[slot]?.push(entry)
}

for (const [number, format] of FORMATS.entries())
  for (const anchor of format.anchors) enter({ anchor, folded: format.expression.flags.includes('i'), format, number })
for (const anchor of SECRETLINT_PREFIXES) enter({ anchor, folded: false, number: -1 })

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
    slot = ((slot << 5) | ((units[at] ?? 0) & 31)) & (TABLE - 1)
    if (marked[slot] === 0) continue
    const start = at - 2
    for (const entry of slots[slot] ?? []) {
      if (start < (free[entry.number] ?? 0)) continue
      if (!entry.folded && !text.startsWith(entry.anchor, start)) continue
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
