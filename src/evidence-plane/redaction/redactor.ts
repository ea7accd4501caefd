import { createHash } from 'node:crypto'
import type { Redaction, RedactionOptions, Redactor } from '#ports'
import { codeUnits } from './code-units.ts'
import { findBySecretlint, secretlintVersion } from './find-by-secretlint.ts'
import { findFormats, formatSources } from './find-formats.ts'
import { findPacked, type PackedFindings } from './find-packed.ts'
import { findPersonal, personalSources } from './find-personal.ts'
import { registeredValues, type RegisteredValues } from './find-registered.ts'
import { redactionStream, type FoundSpans } from './redaction-stream.ts'
import { cutSpans, mergeSpans, type Span } from './span.ts'

const VERSION = createHash('sha256')
  .update(['redaction.v3', secretlintVersion, ...formatSources, ...personalSources].join('\n'))
  .digest('hex')

/**
 * Makes a redactor: registered values first and in all their encodings, known formats second, personal data where the
 * call names its classes. What is cut reads `[redacted:kind]`; redacting twice changes nothing more.
 */
export function createRedactor(): Redactor {
  const registered = registeredValues()
  return {
    version: VERSION,
    register: (name, value) => registered.add(name, value),
    holdsRegistered: (text) => {
      const units = codeUnits(text)
      if (registered.find(text, units).length > 0) return true
      return packedIn(text, units, registered).spans.some(({ kind }) => kind === 'registered')
    },
    redact: async (text, options = {}) => {
      const { spans } = await findAll(text, registered, options)
      return { text: cutSpans(text, spans), ...tally(spans) }
    },
    stream: (options = {}) =>
      redactionStream({
        find: (text) => findAll(text, registered, options),
        longest: () => registered.longest(),
        tally,
      }),
  }
}

/** Nothing is unpacked for nothing: where no value is registered, only formats are looked for. */
const packedIn = (text: string, units: Uint16Array, registered: RegisteredValues): PackedFindings =>
  registered.longest() === 0
    ? { spans: [] }
    : findPacked(text, units, (inner, inner_units) => registered.find(inner, inner_units).length > 0)

async function findAll(text: string, registered: RegisteredValues, options: RedactionOptions): Promise<FoundSpans> {
  const units = codeUnits(text)
  const packed = packedIn(text, units, registered)
  const exact = [...registered.find(text, units), ...packed.spans.filter(({ kind }) => kind === 'registered')]
  const { spans, ask_secretlint } = findFormats(text, units)
  const personal = findPersonal(text, options.classes ?? [], options.except)
  const withheld = packed.spans.filter(({ kind }) => kind !== 'registered')
  const asked = await findBySecretlint(text, ask_secretlint)
  const looksRight = [...spans, ...withheld, ...asked, ...outside(personal, spans)]
  const found = exact.length === 0 ? looksRight : [...mergeSpans(exact), ...named(looksRight, exact)]
  return { spans: mergeSpans(found), ...(packed.open === undefined ? {} : { open: packed.open }) }
}

function tally(spans: readonly Span[]): Omit<Redaction, 'text'> {
  const by_kind: Record<string, number> = {}
  let removed = 0
  for (const { start, end, kind } of spans) {
    by_kind[kind] = (by_kind[kind] ?? 0) + 1
    removed += end - start
  }
  const kinds = Object.keys(by_kind).toSorted()
  return { count: spans.length, kinds, by_kind, removed, confirmed: kinds.includes('registered') }
}

/** A pattern around a registered value keeps the name of the registered one. */
function named(spans: readonly Span[], exact: readonly Span[]): readonly Span[] {
  const merged = mergeSpans(exact)
  return spans.map((span) => (firstTouching(span, merged) === undefined ? span : { ...span, kind: 'registered' }))
}

/** A credential inside a private address keeps its name, and the address goes with it. */
function outside(personal: readonly Span[], credentials: readonly Span[]): readonly Span[] {
  if (personal.length === 0) return personal
  const merged = mergeSpans(credentials)
  return personal.map((span) => ({ ...span, kind: firstTouching(span, merged)?.kind ?? span.kind }))
}

/** The first of the merged spans that overlaps this one, by halving. */
function firstTouching(span: Span, merged: readonly Span[]): Span | undefined {
  let low = 0
  let high = merged.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((merged[middle]?.end ?? 0) > span.start) high = middle
    else low = middle + 1
  }
  const found = merged[low]
  return found !== undefined && found.start < span.end ? found : undefined
}
