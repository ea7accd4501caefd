const WORD_ASCII = /[A-Za-z_$][\w$]*/g
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/gu
/** Longer words are keys, hashes and encoded bytes. */
const LONGEST_WORD = 120
// oxlint-disable-next-line no-control-regex -- what is asked is whether every character is ASCII
const PLAIN = /^[\x00-\x7f]*$/

/** The words of a text as they stand in it: identifiers, keywords and the words of prose. */
export const wordsIn = (text: string): readonly string[] => text.match(PLAIN.test(text) ? WORD_ASCII : WORD) ?? []

/**
 * What a word says: the parts of an identifier in lower case, each without its ending, so that `parseHeaders`,
 * `header_parser` and "parsing of a header" meet. A word of one part is that part.
 */
export function termsOf(word: string): readonly string[] {
  if (word.length > LONGEST_WORD) return []
  const parts = word
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
  return parts.flatMap((part) => (part.length > 1 && !/^\p{N}+$/u.test(part) ? [stemOf(part.toLowerCase())] : []))
}

/** A word of English without its commonest endings; short words stay. Rough on purpose: both sides are cut alike. */
function stemOf(word: string): string {
  if (word.length <= 3) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (word.endsWith('sses')) return word.slice(0, -2)
  const cut = withoutEnding(word)
  return cut.endsWith('e') && cut.length > 4 ? cut.slice(0, -1) : cut
}

function withoutEnding(word: string): string {
  if (word.endsWith('ing') && word.length > 6) return word.slice(0, -3)
  if (word.endsWith('ed') && word.length > 5) return word.slice(0, -2)
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word
}
