import { InternedWords } from './interned-words.ts'
import { termsOf, wordsIn } from './words.ts'

/** A list by key: what stands at it, two numbers each. */
export type Postings = number[]

/** By char code, what a character may be in a word of plain text: 1 its beginning or inside, 2 inside alone. */
const IN_WORD = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code)
  return /[A-Za-z_$]/.test(letter) ? 1 : /\d/.test(letter) ? 2 : 0
})
const NEWLINE = 10

/** Which words stand in a text: their numbers in order, and by line how many stand up to its end. */
interface WordsOfText {
  readonly ids: readonly number[]
  readonly line_ends: readonly number[]
}

/** A text with its chunks. */
interface CutDocument {
  readonly document: number
  readonly text: string
  /** By line, from 0: the chunk of the document that it belongs to. */
  readonly of_line: Uint32Array
  readonly chunks: number
  /** The number of the document's first chunk among those of all. */
  readonly first_chunk: number
}

/**
 * The words of many documents and the terms they are made of, with where they stand. A word is cut into its terms once,
 * however often it stands in how many files; counting touches numbers alone.
 */
export class WordTable {
  readonly words = new InternedWords()
  readonly word_postings: Postings[] = []
  readonly terms = new InternedWords()
  readonly term_postings: Postings[] = []
  readonly #word_terms: (readonly number[])[] = []
  readonly #word_counts: number[] = []
  readonly #term_counts: number[] = []

  /** The number of a word that stands in a text from `begin` to `end`. */
  numberOf(text: string, begin = 0, end = text.length): number {
    const id = this.words.numberOf(text, begin, end)
    if (id === this.#word_terms.length) {
      this.word_postings.push([])
      this.#word_counts.push(0)
      this.#word_terms.push(termsOf(text.slice(begin, end)).map((term) => this.#termOf(term)))
    }
    return id
  }

  #termOf(term: string): number {
    const id = this.terms.numberOf(term, 0, term.length)
    if (id === this.#term_counts.length) {
      this.term_postings.push([])
      this.#term_counts.push(0)
    }
    return id
  }

  /** Counts a document; gives the number of terms of each of its chunks, repetitions counted. */
  count({ document, text, of_line, chunks, first_chunk }: CutDocument): readonly number[] {
    const found = this.#read(text)
    tally(found.ids, this.#word_counts, (id, count) => this.word_postings[id]?.push(document, count))
    const lines_of = linesByChunk(of_line, chunks)
    return lines_of.map((lines, chunk) => {
      const terms = this.#termsOfLines(found, lines)
      tally(terms, this.#term_counts, (id, count) => this.term_postings[id]?.push(first_chunk + chunk, count))
      return terms.length
    })
  }

  #termsOfLines({ ids, line_ends }: WordsOfText, lines: readonly number[]): readonly number[] {
    const terms: number[] = []
    for (const line of lines) {
      const end = line_ends[line] ?? 0
      for (let at = line === 0 ? 0 : (line_ends[line - 1] ?? 0); at < end; at++)
        for (const term of this.#word_terms[ids[at] ?? 0] ?? []) terms.push(term)
    }
    return terms
  }

  #read(text: string): WordsOfText {
    const ids: number[] = []
    const line_ends: number[] = []
    for (let start = 0; start <= text.length; ) {
      const end = this.#readPlainLine(text, start, ids)
      if (end >= 0) start = end + 1
      else {
        ids.length = line_ends.at(-1) ?? 0
        const line_end = endOfLine(text, start)
        for (const word of wordsIn(text.slice(start, line_end))) ids.push(this.numberOf(word))
        start = line_end + 1
      }
      line_ends.push(ids.length)
    }
    return { ids, line_ends }
  }

  /** Reads a line of ASCII alone, as most are, character by character; gives its end, or -1 where it has other letters. */
  #readPlainLine(text: string, start: number, ids: number[]): number {
    let begin = -1
    for (let at = start; ; at++) {
      const code = at < text.length ? text.charCodeAt(at) : NEWLINE
      if (code > 127) return -1
      const kind = IN_WORD[code]
      if (begin < 0) {
        if (kind === 1) begin = at
      } else if (kind === 0) {
        ids.push(this.numberOf(text, begin, at))
        begin = -1
      }
      if (code === NEWLINE) return at
    }
  }
}

/** Tells each number once, with how often it stands in a list; `counts` is all zero before and after. */
function tally(ids: readonly number[], counts: number[], tell: (id: number, count: number) => void): void {
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1
  for (const id of ids) {
    const count = counts[id] ?? 0
    if (count === 0) continue
    counts[id] = 0
    tell(id, count)
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function linesByChunk(of_line: Uint32Array, chunks: number): readonly (readonly number[])[] {
  const lines_of = Array.from({ length: chunks }, (): number[] => [])
  for (const [line, chunk] of of_line.entries()) lines_of[chunk]?.push(line)
  return lines_of
}
