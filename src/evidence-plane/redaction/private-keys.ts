import type { Span } from './span.ts'

const KEY_BEGIN = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const LONGEST_KEY = 20_000

/** Private key blocks, also when cut off before their end or written with `\n` for line breaks. */
export function findPrivateKeys(text: string): readonly Span[] {
  if (!text.includes('PRIVATE KEY')) return []
  const spans: Span[] = []
  let end = -1
  for (const begin of text.matchAll(KEY_BEGIN)) {
    const body = begin.index + begin[0].length
    if (body < (spans.at(-1)?.end ?? 0)) continue
    if (end !== Number.POSITIVE_INFINITY && end < body) {
      const found = text.indexOf('-----END ', body)
      end = found === -1 ? Number.POSITIVE_INFINITY : found
    }
    const stop = end - body <= LONGEST_KEY ? end : body + armour(text, body)
    const content = text.slice(body, stop).replaceAll(/\\[nr]|[^A-Za-z0-9+/=]/g, '')
    if (content.length < 40) continue
    const close = stop === end ? text.slice(stop, stop + 80).search(/KEY(?: BLOCK)?-----/) : -1
    spans.push({
      start: begin.index,
      end: close === -1 ? stop : text.indexOf('-----', stop + close) + 5,
      kind: 'private_key',
    })
  }
  return spans
}

function armour(text: string, from: number): number {
  return /^[A-Za-z0-9+/=\s\\:,-]*/.exec(text.slice(from, from + LONGEST_KEY))?.[0].length ?? 0
}
