import { termsOf } from './query.ts'

/** The words of one file: how often each term stands in it, and the names it defines. */
export interface FileWords {
  /** All terms, also those that stand in it more than once. */
  readonly length: number
  readonly counts: ReadonlyMap<string, number>
  readonly defined: ReadonlySet<string>
}

/**
 * The words of blobs that were read before: a worker's second run over a repository reads only what changed. What a blob
 * holds never changes, so nothing here is ever wrong; when it is full it starts anew.
 */
export interface WordMemory {
  /** Null for a blob that is no text; undefined for one that was not seen yet. */
  of(blob: string): FileWords | null | undefined
  /** Counts a text's words and keeps them; null says that the blob is no text. */
  learn(blob: string, text: string | null): FileWords | null
}

/** Terms and names kept in all, some 100 bytes each: what two thousand files of a hundred kinds of words have. */
const MOST_KEPT = 400_000

/** Makes an empty memory. */
export function createWordMemory(most = MOST_KEPT): WordMemory {
  const files = new Map<string, FileWords | null>()
  const terms = new Map<string, readonly string[]>()
  let kept = 0
  const termsOfWord = (word: string): readonly string[] => {
    const known = terms.get(word)
    if (known !== undefined) return known
    const made = termsOf(word).map(copied)
    kept += 1
    terms.set(copied(word), made)
    return made
  }
  return {
    of: (blob) => files.get(blob),
    learn(blob, text) {
      if (kept >= most) {
        files.clear()
        terms.clear()
        kept = 0
      }
      const words = text === null ? null : wordsOf(text, termsOfWord)
      kept += 1 + (words === null ? 0 : words.counts.size + words.defined.size)
      files.set(blob, words)
      return words
    },
  }
}

const DEFINITION =
  /\b(?:class|def|function|interface|type|struct|enum|trait|fn|func|record|object|const|let|var|module)\s+(?:\([^)\n]{0,80}\)\s*)?([\p{L}_$][\p{L}\p{N}_$]*)/gu

function wordsOf(text: string, termsOfWord: (word: string) => readonly string[]): FileWords {
  const counts = new Map<string, number>()
  let length = 0
  for (const [word] of text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu))
    for (const term of termsOfWord(word)) {
      length += 1
      counts.set(term, (counts.get(term) ?? 0) + 1)
    }
  const defined = new Set<string>()
  for (const [, name = ''] of text.matchAll(DEFINITION)) if (!defined.has(name)) defined.add(copied(name))
  return { length, counts, defined }
}

/** A part of a string keeps the whole alive; what is kept is a string of its own. */
const copied = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')
