/** What a document consists of, in order; comments, declarations and processing instructions are left out. */
export type XmlToken =
  | {
      readonly kind: 'open'
      readonly name: string
      readonly attributes: Readonly<Record<string, string>>
      readonly closed: boolean
    }
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }

const MOST_TOKENS = 2_000_000
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Reads XML one token at a time in linear time. Document types are skipped and the five predefined entities are the
 * only ones that are replaced, so nothing expands and nothing is fetched. Broken input ends the stream.
 */
export function* xmlTokens(text: string): Generator<XmlToken> {
  let at = 0
  for (let count = 0; count < MOST_TOKENS && at < text.length; count++) {
    const open = text.indexOf('<', at)
    if (open === -1) return
    if (open > at) yield { kind: 'text', text: decoded(text.slice(at, open)) }
    const skip = skippedFrom(text, open)
    if (skip !== undefined) {
      if (skip.text !== undefined) yield { kind: 'text', text: skip.text }
      at = skip.end
      continue
    }
    const end = tagEnd(text, open)
    if (end === -1) return
    const inner = text.slice(open + 1, end)
    if (inner.startsWith('/')) yield { kind: 'close', name: inner.slice(1).trim() }
    else yield openTag(inner)
    at = end + 1
  }
}

function skippedFrom(text: string, at: number): { readonly end: number; readonly text?: string } | undefined {
  const until = (mark: string, from: number) => {
    const found = text.indexOf(mark, from)
    return found === -1 ? text.length : found + mark.length
  }
  if (text.startsWith('<!--', at)) return { end: until('-->', at + 4) }
  if (text.startsWith('<?', at)) return { end: until('?>', at + 2) }
  if (text.startsWith('<![CDATA[', at)) {
    const end = until(']]>', at + 9)
    return { end, text: text.slice(at + 9, text.startsWith(']]>', end - 3) ? end - 3 : end) }
  }
  if (!text.startsWith('<!', at)) return undefined
  const subset = text.indexOf('[', at)
  const close = text.indexOf('>', at)
  return { end: subset !== -1 && subset < close ? until('>', until(']', subset)) : until('>', at) }
}

function tagEnd(text: string, open: number): number {
  let quote = ''
  for (let at = open + 1; at < text.length; at++) {
    const char = text.charAt(at)
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '>') return at
  }
  return -1
}

function openTag(inner: string): XmlToken {
  const closed = inner.endsWith('/')
  const name = /^[^\s/]+/.exec(inner)?.[0] ?? ''
  const attributes: Record<string, string> = Object.create(null)
  for (const [, key = '', double, single] of inner.matchAll(/([\w:.-]+)\s?=\s?(?:"([^"]*)"|'([^']*)')/g))
    attributes[key] = decoded(double ?? single ?? '')
  return { kind: 'open', name, attributes, closed }
}

function decoded(text: string): string {
  return text.replaceAll(/&(#x?[0-9a-fA-F]{1,6}|[a-z]{2,4});/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  })
}
