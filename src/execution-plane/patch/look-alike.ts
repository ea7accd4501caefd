import type { AddedLine } from './changed-file.ts'

/** Letters of other scripts that look like Latin ones; a word that mixes them with Latin letters deceives its reader. */
const ALIKE =
  /[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd\u0561\u0578\u057d\u0585\uff21-\uff3a\uff41-\uff5a]/u
const LATIN = /[A-Za-z]/
const WORDS = /[\p{L}\p{N}_$]+/gu
const COMMENT = /^\s*(?:\/\/|\/\*|\*|#|--|<!--)/

/** A word of a line of code that mixes Latin letters with ones that only look so; undefined where there is none. */
export function lookAlikeWord({ text }: Pick<AddedLine, 'text'>): string | undefined {
  // Almost every line is ASCII; prose in comments may inflect a foreign word.
  if (!ALIKE.test(text) || COMMENT.test(text)) return undefined
  return text
    .slice(0, 10_000)
    .match(WORDS)
    ?.find((word) => ALIKE.test(word) && (LATIN.test(word) || /[\uff21-\uff5a]/.test(word)))
}
