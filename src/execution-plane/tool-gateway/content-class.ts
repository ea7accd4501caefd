import { extname } from 'node:path/posix'

/** What kind of content bytes are, judged from the bytes. */
export type ContentClass = 'text' | 'binary' | 'generated' | 'not_utf8'

const LOOKED_AT = 8192
const GENERATED =
  /(?:^|[\s*#/;-])@generated\b|\bcode generated\b.{0,80}\bdo not edit\b|\bauto-?generated\b.{0,80}\bdo not (?:edit|modify)\b/is
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The class of bytes, and their text where they have one. */
export function readContent(bytes: Uint8Array): { readonly content_class: ContentClass; readonly text: string } {
  if (bytes.subarray(0, LOOKED_AT).includes(0)) return { content_class: 'binary', text: '' }
  try {
    const text = utf8.decode(bytes)
    if (text.includes('\0')) return { content_class: 'binary', text: '' }
    return { content_class: isGenerated(text) ? 'generated' : 'text', text }
  } catch {
    return { content_class: 'not_utf8', text: new TextDecoder('latin1').decode(bytes) }
  }
}

/** The class of text that is about to be written. */
export const classOfText = (text: string): ContentClass =>
  text.includes('\0') || !text.isWellFormed() ? 'binary' : isGenerated(text) ? 'generated' : 'text'

// A header only: the words further down are more likely about generated files than in one.
const isGenerated = (text: string): boolean => GENERATED.test(text.slice(0, 1000).split('\n').slice(0, 8).join('\n'))

const KINDS: { readonly [extension: string]: string } = {
  png: 'an image',
  jpg: 'an image',
  jpeg: 'an image',
  gif: 'an image',
  webp: 'an image',
  ico: 'an image',
  pdf: 'a document',
  zip: 'an archive',
  gz: 'an archive',
  tgz: 'an archive',
  xz: 'an archive',
  tar: 'an archive',
  jar: 'an archive',
  class: 'compiled code',
  pyc: 'compiled code',
  wasm: 'compiled code',
  so: 'compiled code',
  woff: 'a font',
  woff2: 'a font',
  ttf: 'a font',
}

/** What a binary file probably is, for people. */
export const binaryKind = (path: string): string => KINDS[extname(path).slice(1).toLowerCase()] ?? 'a binary file'
