import { createHash } from 'node:crypto'
import type { Redactor } from '#ports'
import { findBySecretlint, secretlintVersion } from './find-by-secretlint.ts'
import { registeredValues } from './find-registered.ts'
import { findPatterns, patternSources } from './patterns.ts'
import { cutSpans, mergeSpans, type Span } from './span.ts'

const VERSION = createHash('sha256')
  .update(['redaction.v1', secretlintVersion, ...patternSources].join('\n'))
  .digest('hex')

/**
 * Makes a redactor: registered values first and in all their encodings, known formats second. What is cut reads
 * `[redacted:kind]`; redacting twice changes nothing more.
 */
export function createRedactor(): Redactor {
  const registered = registeredValues()
  return {
    version: VERSION,
    register: (name, value) => registered.add(name, value),
    holdsRegistered: (text) => registered.find(text).length > 0,
    async redact(text) {
      const exact = registered.find(text)
      const looksRight = [...findPatterns(text), ...(await findBySecretlint(text))]
      const spans = mergeSpans([...mergeSpans(exact), ...outside(looksRight, exact)])
      return {
        text: cutSpans(text, spans),
        count: spans.length,
        kinds: [...new Set(spans.map((span) => span.kind))].sort(),
        confirmed: exact.length > 0,
      }
    },
  }
}

/** A pattern around a registered value keeps the name of the registered one. */
function outside(spans: readonly Span[], exact: readonly Span[]): readonly Span[] {
  if (exact.length === 0) return spans
  return spans.map((span) =>
    exact.some((hit) => hit.start < span.end && span.start < hit.end) ? { ...span, kind: 'registered' } : span,
  )
}
