/** Why the content of a file is not looked into. Its path still is. */
export type Unread = 'too_large' | 'binary' | 'minified' | 'generated' | 'missing'

/** Files of more bytes are data, whatever their ending says. */
export const LARGEST_INDEXED = 1_500_000
const BEGINNING = 8_192
const GENERATED_MARK =
  /^[^\n]{0,6}(?:[^\n]{0,40})(?:@generated\b|\bCode generated\b[^\n]{0,80}\bDO NOT EDIT\b|\bauto-?generated (?:by|from|file)\b|\bThis file (?:is|was) (?:auto-?)?generated\b)/im
/** Mean characters of a line beyond which nobody wrote it; people stay below 80. */
const MINIFIED_LINE = 400

/** Tells by its bytes whether a file is worth reading as text that somebody wrote. */
export function unreadBecause(bytes: Uint8Array): Unread | undefined {
  if (bytes.length > LARGEST_INDEXED) return 'too_large'
  const beginning = bytes.subarray(0, BEGINNING)
  if (beginning.includes(0)) return 'binary'
  if (bytes.length > 20_000 && bytes.length / (1 + newlines(bytes)) > MINIFIED_LINE) return 'minified'
  return GENERATED_MARK.test(Buffer.from(beginning.subarray(0, 1_024)).toString('latin1')) ? 'generated' : undefined
}

function newlines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1
  return count
}
