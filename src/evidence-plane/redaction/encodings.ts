import { Buffer } from 'node:buffer'

/** Forms shorter than this are not looked for: they would hit by chance. */
export const SHORTEST_FORM = 8

/**
 * Every form under which a value is looked for: plain, base64 and base64url wherever the value starts in a longer
 * input (three offsets), base64 twice, hex, URL-encoded more or less strictly, escaped for JSON as several writers do and
 * for HTML, reversed, UTF-16 and UTF-8 read byte
 * by byte, and its long lines alone.
 */
export function encodedForms(value: string): ReadonlySet<string> {
  const forms = new Set<string>()
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  for (const plain of [value, ...(lines.length > 1 ? lines.filter((line) => line.length >= 16) : [])])
    for (const form of formsOf(plain)) if (form.length >= SHORTEST_FORM) forms.add(form)
  return forms
}

/** What some writers of JSON escape besides what they must: Python what is no ASCII, Go also what HTML means by. */
const ESCAPED_OUTSIDE_ASCII = /[^\0-\x7e]/g
const ESCAPED_FOR_HTML = /[<>&\u2028\u2029]/g

const unicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

const percentEscape = (unit: string): string => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`

const upperDigits = (escape: string): string => `\\u${escape.slice(2).toUpperCase()}`

function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8')
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset))
  const twice = [0, 1, 2].map((offset) => base64At(Buffer.from(bytes.toString('base64')), offset))
  const hex = bytes.toString('hex')
  const json = JSON.stringify(value).slice(1, -1)
  const percent = encodeURIComponent(value.toWellFormed())
  const everyByte = hex.replaceAll(/../g, '%$&')
  return [
    value,
    ...base64,
    ...twice,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    percent.replaceAll('%20', '+'),
    percent.replaceAll('%2F', '/'),
    percent.replaceAll(/[!'()*]/g, percentEscape),
    encodeURI(value.toWellFormed()),
    everyByte,
    everyByte.toUpperCase(),
    json,
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    ...[ESCAPED_OUTSIDE_ASCII, ESCAPED_FOR_HTML].flatMap((unsafe) => {
      const escaped = json.replaceAll(unsafe, unicodeEscape)
      return [escaped, escaped.replaceAll(/\\u[0-9a-f]{4}/g, upperDigits), JSON.stringify(escaped).slice(1, -1)]
    }),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    Array.from(value).toReversed().join(''),
    ...(/[^\0-\x7f]/.test(value) ? readAsBytes(value) : []),
  ]
}

/** Text outside ASCII as it looks where bytes are taken for characters; ASCII looks the same apart from its NULs. */
function readAsBytes(value: string): readonly string[] {
  const wide = Buffer.from(value, 'utf16le')
  return [wide.toString('latin1'), Buffer.from(wide).swap16().toString('latin1'), Buffer.from(value).toString('latin1')]
}

/** The characters of base64 that depend on the value alone when `offset` bytes modulo 3 come before it. */
function base64At(bytes: Uint8Array, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}
