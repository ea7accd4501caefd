/**
 * What each kind of piece adds, fitted by non-negative least squares to the greater count of o200k_base and cl100k_base
 * over 778 files of 17 kinds (sources of eight languages, declarations, documents, JSON, YAML, markup, logs).
 */
const PIECE = {
  /** A run of letters with its capitals in front, by length: to 4, 8, 12, longer. */
  word: [1.016, 1.039, 0.968, 1.237],
  letter_beyond_12: 0.524,
  further_capital: 0.024,
  /** Three digits. */
  digits: 1.557,
  signs: 0.71,
  further_sign: 0.082,
  indentation: 0.803,
  line_end: 0.779,
  ideograph: 1.2,
  /** A run of letters beyond ASCII: its first, and each further one. */
  foreign_run: 1.2,
  foreign_letter: 0.5,
  symbol: 1.3,
}

const LINE_FEED = 10
const RETURN = 13

interface Cursor {
  readonly text: string
  at: number
}

/**
 * Tokens of a text, estimated in one pass over its characters: a word is about one token, three digits are one and a
 * half, signs cling together. Against real tokenisers the median is 1.00, one file in a hundred is below 0.86; whoever
 * must not be below multiplies.
 */
export function weighText(text: string): number {
  const cursor: Cursor = { text, at: 0 }
  let sum = 0
  while (cursor.at < text.length) sum += nextPiece(cursor)
  return sum
}

function nextPiece(cursor: Cursor): number {
  const code = cursor.text.charCodeAt(cursor.at)
  if (isUpper(code) || isLower(code)) return word(cursor)
  if (isDigit(code)) return Math.ceil(skip(cursor, isDigit) / 3) * PIECE.digits
  if (isLineEnd(code)) {
    skip(cursor, isLineEnd)
    return PIECE.line_end + blanks(cursor)
  }
  if (isBlank(code)) return blanks(cursor)
  if (code < 128) return PIECE.signs + (Math.max(1, skip(cursor, isSign)) - 1) * PIECE.further_sign
  if (isIdeograph(code)) return skip(cursor, isIdeograph) * PIECE.ideograph
  if (isForeign(code)) return PIECE.foreign_run + (skip(cursor, isForeign) - 1) * PIECE.foreign_letter
  return skip(cursor, isSymbol) * PIECE.symbol
}

function word(cursor: Cursor): number {
  const capitals = skip(cursor, isUpper)
  const length = capitals + skip(cursor, isLower)
  const kind = PIECE.word[length <= 4 ? 0 : length <= 8 ? 1 : length <= 12 ? 2 : 3] ?? 1
  return kind + Math.max(0, length - 12) * PIECE.letter_beyond_12 + Math.max(0, capitals - 1) * PIECE.further_capital
}

/** One blank clings to the word after it. */
const blanks = (cursor: Cursor): number => (skip(cursor, isBlank) > 1 ? PIECE.indentation : 0)

function skip(cursor: Cursor, is: (code: number) => boolean): number {
  const { text, at } = cursor
  let end = at
  while (end < text.length && is(text.charCodeAt(end))) end += 1
  cursor.at = end
  return end - at
}

const isUpper = (code: number): boolean => code >= 65 && code <= 90
const isLower = (code: number): boolean => code >= 97 && code <= 122
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isLineEnd = (code: number): boolean => code === LINE_FEED || code === RETURN
const isBlank = (code: number): boolean => code === 32 || code === 9
const isSign = (code: number): boolean =>
  code < 128 && !isUpper(code) && !isLower(code) && !isDigit(code) && !isLineEnd(code) && !isBlank(code)
const isIdeograph = (code: number): boolean => (code >= 0x2e80 && code < 0xd800) || (code >= 0xf900 && code < 0xfb00)
const isForeign = (code: number): boolean => code >= 128 && code < 0x2000
const isSymbol = (code: number): boolean => code >= 0x2000 && !isIdeograph(code)
