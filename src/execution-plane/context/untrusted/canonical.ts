import { neutralise } from '#domain/text'
import { skeletonOf, mixesScripts } from './homoglyphs.ts'

/**
 * How a text is written. Prose is normalised and its hidden parts are opened up; documents and code keep their
 * characters, because an agent edits them by what it read. What merely names secrets or tests is no order in code.
 */
export type TextKind = 'prose' | 'document' | 'code'

/** A text as it is shown, and what was found hidden in it, by line of the shown text. */
export interface Canonical {
  readonly text: string
  readonly hidden: readonly { readonly rule: string; readonly line: number }[]
}

/** Where a text is longer, its middle is not looked at for what it hides; it is shown all the same. */
const LONGEST_LOOKED_AT = 400_000
const COMMENT = /<!--([\s\S]{0,20000}?)-->/g
const LINK_COMMENT = /^\[(?:\/\/|comment)\]:\s*(?:#|<>)\s*\((.{0,2000})\)\s*$/gim
const BEYOND_ASCII = /[^\x20-\x7e\t]/
const BLANK_RUN = /[^\S\n]{200,}|\n(?:[^\S\n]*\n){15,}/g
/** Control characters of terminals are shown as well, but they are common in logs and hide no words. */
const INVISIBLE_MARK = /⟦U\+(?!00[01])[0-9A-F]{4,6}⟧/
const STYLES =
  /\bstyle\s*=\s*["'][^"']{0,200}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:\D|$)|color\s*:\s*(?:#fff(?:fff)?\b|white))|<font[^>]{0,80}color\s*=\s*["']?(?:white|#fff)/i

/** Rules for what hides, with what they mean for people. */
export const HIDING_RULES = {
  'hidden.characters': 'invisible or reordering characters, shown by their code points',
  'hidden.comment': 'a comment that a page does not show',
  'hidden.style': 'text styled so that nobody sees it',
  'hidden.padding': 'a long run of blanks that pushes something out of sight',
  'hidden.homoglyphs': 'letters of another alphabet that look like Latin ones',
  'hidden.unnormalised': 'letters put together in an unusual way',
} as const

/**
 * Shows what a text holds: invisible and reordering characters by their code points; in prose also NFC, comments that a
 * page hides, and long runs of blanks by their length. Nothing that could be read is taken away.
 */
export function canonical(text: string, kind: TextKind): Canonical {
  const normal = kind === 'prose' ? text.normalize('NFC') : text
  const visible = neutralise(normal)
  const shown = kind === 'prose' ? openUp(visible) : visible
  const hidden = linesOf(shown).flatMap((line, index) =>
    hiddenIn(line, kind).map((rule) => ({ rule, line: index + 1 })),
  )
  return { text: shown, hidden: text === normal ? hidden : [{ rule: 'hidden.unnormalised', line: 1 }, ...hidden] }
}

const openUp = (text: string): string =>
  text
    .replaceAll(COMMENT, (_, inside: string) => `⟦hidden comment:${inside}⟧`)
    .replaceAll(LINK_COMMENT, (_, inside: string) => `⟦hidden comment: ${inside}⟧`)
    .replaceAll(BLANK_RUN, (run) => `\n⟦${run.length} blank characters⟧\n`)

function hiddenIn(line: string, kind: TextKind): readonly string[] {
  const found: string[] = []
  if (INVISIBLE_MARK.test(line)) found.push('hidden.characters')
  if (mixesScripts(line)) found.push('hidden.homoglyphs')
  if (line.includes(kind === 'prose' ? '⟦hidden comment:' : '<!--') && kind !== 'code') found.push('hidden.comment')
  if (kind !== 'code' && STYLES.test(line)) found.push('hidden.style')
  if (kind === 'prose' && /^⟦\d+ blank characters⟧$/.test(line)) found.push('hidden.padding')
  return found
}

/** The text as a reader takes it in: tag characters as letters, without other marks, look-alikes as what they look like. */
export function readAs(line: string): string {
  if (!BEYOND_ASCII.test(line)) return line
  const letters = line.replaceAll(TAG_MARK, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return skeletonOf(letters.replaceAll(ANY_MARK, '')).normalize('NFKC')
}

const TAG_MARK = /⟦U\+E00([2-7][0-9A-F])⟧/g
const ANY_MARK = /⟦U\+[0-9A-F]{4,6}⟧/g

const linesOf = (text: string): readonly string[] =>
  (text.length <= LONGEST_LOOKED_AT
    ? text
    : `${text.slice(0, LONGEST_LOOKED_AT / 2)}${text.slice(-LONGEST_LOOKED_AT / 2)}`
  ).split('\n')
