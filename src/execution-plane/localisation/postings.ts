import type { CodeIndex } from '#execution-plane/code-index'

/** Postings of one question: each list is looked for and decoded once, however many parts of the answer need it. */
export interface Postings {
  /** By segment: pairs of chunk and count. */
  readonly chunksWith: (term: string) => readonly Uint32Array[]
  /** By segment: pairs of document and count. */
  readonly documentsWith: (word: string) => readonly Uint32Array[]
  /** By segment: the symbols that are called so. */
  readonly symbolsNamed: (name: string) => readonly Uint32Array[]
}

/** Postings of all segments of an index. */
export function postingsOf({ segments }: CodeIndex): Postings {
  const once = (find: (key: string) => readonly Uint32Array[]) => {
    const known = new Map<string, readonly Uint32Array[]>()
    return (key: string): readonly Uint32Array[] => {
      const there = known.get(key) ?? find(key)
      known.set(key, there)
      return there
    }
  }
  return {
    chunksWith: once((term) => segments.map((segment) => segment.chunksWith(term))),
    documentsWith: once((word) => segments.map((segment) => segment.documentsWith(word))),
    symbolsNamed: once((name) => segments.map((segment) => segment.symbolsNamed(name))),
  }
}
