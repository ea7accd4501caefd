const PLACEHOLDER =
  /^(?:[$%<{[*#(]|\.\.\.)|\*{3}|x{5,}|\.{3}|^(?:your|change[-_ ]?me|place[-_ ]?holder|redacted|process\.env|os\.environ)|\b(?:placeholder|changeme)\b|[-_ ](?:here|goes[-_ ]here)$/i
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const DIGEST = /^(?:sha\d{1,3}|md5|blake2[bs]?|blake3)[-:=]/i
const NUMBER_LIKE = /^[\d.,:+_/-]+(?:[a-z]{1,3})?$/i
const ADDRESS = /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/|\.{0,2}\/|[A-Za-z]:\\|@)/i
const EXPRESSION = /^!?[A-Za-z_$][\w$]*(?:(?:\??\.|->|::)[A-Za-z_$#][\w$]*)+$/
const WORDS_AND_NUMBER = /^[A-Za-z][A-Za-z_$]*\d{0,3}$|^[a-z]+(?:[-_.][a-z]+)*\d{0,3}$/
const TRIVIAL =
  /^(?:pass(?:word|wd)?|secret|postgres(?:ql)?|root|user(?:name)?|admin|test(?:ing)?|guest|mysql|example|token|null|none)\d{0,3}$/i

/** True for text that stands where a value goes but holds none: variables, masks, `your-key-here`. */
export const isPlaceholder = (value: string): boolean => PLACEHOLDER.test(value)

/** True for the passwords of every tutorial, which protect nothing. */
export const isTrivialPassword = (value: string): boolean => TRIVIAL.test(value)

/** Bits a character by the frequencies inside the value itself; random text of 20 characters has about 4. */
function entropy(value: string): number {
  const counts = new Map<string, number>()
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

/**
 * Whether the right-hand side of `password = …` is a value somebody chose or generated, and not code, a reference or
 * a fingerprint. `literal` tells that it stood in quotes or in `KEY=value` form, where identifiers are unlikely.
 */
export function looksLikeSecret(value: string, literal: boolean): boolean {
  if (value.length < 8 || isPlaceholder(value) || UUID.test(value) || DIGEST.test(value)) return false
  if (NUMBER_LIKE.test(value) || ADDRESS.test(value) || EXPRESSION.test(value)) return false
  if (/\s/.test(value) || (!literal && WORDS_AND_NUMBER.test(value))) return false
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false
  if (literal && WORDS_AND_NUMBER.test(value) && value.includes('_')) return false
  if (!literal && /^[A-Za-z_$][\w$]*$/.test(value) && value.replaceAll(/\D/g, '').length < 3) return false
  const bits = entropy(value)
  if (!literal) return value.length >= 12 && bits >= 3.3
  return bits >= (value.length < 12 ? 2.5 : value.length < 20 ? 2.8 : 3.1)
}
