import { SYNTAX_LANGUAGES, type Outline, type SymbolKind, type SyntaxLanguage } from '#syntax'
import { ByteWriter } from './byte-writer.ts'
import { chunksOf } from './chunks.ts'
import { bytesOf, packSections } from './segment-format.ts'
import { termsOf, wordsIn } from './words.ts'

/** Kinds of symbols by their number in a segment. */
export const SYMBOL_KINDS: readonly SymbolKind[] = [
  'class',
  'interface',
  'type',
  'enum',
  'module',
  'implementation',
  'function',
  'method',
  'field',
  'constant',
]

/** One blob as it goes into a segment. */
export interface IndexedBlob {
  readonly blob: string
  readonly bytes: number
  readonly language: SyntaxLanguage | undefined
  /** Undefined where the content is not looked into. */
  readonly text: string | undefined
  /** Undefined for text without a grammar, and where the parser gave up. */
  readonly outline: Outline | undefined
}

/** A list by key: what stands at it, two numbers each. */
type Postings = number[]

/** Chunks and terms of one document are counted under one number: chunk times this, plus term. */
const TERMS_AT_MOST = 2 ** 26

/**
 * Builds one segment: documents are added, then it is packed. A word is cut into its terms once, however often it
 * stands in how many files.
 */
export class SegmentBuilder {
  readonly #blobs = new ByteWriter()
  readonly #docs: number[] = []
  readonly #doc_chunks: number[] = []
  readonly #doc_symbols: number[] = []
  readonly #doc_imports: number[] = []
  readonly #chunks: number[] = []
  readonly #symbols: number[] = []
  readonly #imports = new ByteWriter()
  readonly #import_ends: number[] = []
  readonly #terms = new Map<string, number>()
  readonly #term_postings: Postings[] = []
  readonly #words = new Map<string, number>()
  readonly #word_terms: (readonly number[])[] = []
  readonly #word_postings: Postings[] = []
  #count = 0

  get documents(): number {
    return this.#count
  }

  add({ blob, bytes, language, text, outline }: IndexedBlob): void {
    const lines = text === undefined ? [] : text.split('\n')
    const symbols = outline?.symbols ?? []
    const first_chunk = this.#chunks.length / 2
    const first_symbol = this.#symbols.length / 5
    const cut = chunksOf(symbols, lines.length)
    this.#blobs.text(blob)
    this.#addSymbols(outline, cut.containers, first_symbol)
    const lengths = this.#addWords(lines, cut.of_line, first_chunk)
    for (let at = 0; at <= cut.symbols.length; at++) {
      const symbol = at === 0 ? undefined : cut.symbols[at - 1]
      this.#chunks.push(symbol === undefined ? 0 : first_symbol + symbol + 1, lengths.get(at) ?? 0)
    }
    let length = 0
    for (const part of lengths.values()) length += part
    const known = language === undefined ? 0 : SYNTAX_LANGUAGES.indexOf(language) + 1
    this.#docs.push(known, lines.length, length, text === undefined ? 1 : 0, bytes)
    this.#doc_chunks.push(this.#chunks.length / 2)
    this.#doc_symbols.push(this.#symbols.length / 5)
    this.#doc_imports.push(this.#import_ends.length)
    this.#count += 1
  }

  #addSymbols(outline: Outline | undefined, containers: Int32Array, first: number): void {
    for (const [index, symbol] of (outline?.symbols ?? []).entries()) {
      const container = containers[index] ?? -1
      const word = this.#wordOf(symbol.name.replace(/[?!=~]/g, ''))
      const kind = SYMBOL_KINDS.indexOf(symbol.kind)
      this.#symbols.push(word, kind, symbol.start_line, symbol.end_line, container < 0 ? 0 : first + container + 1)
    }
    const named = outline?.package === undefined ? [] : [outline.package]
    for (const text of [...named, ...(outline?.imports ?? [])]) {
      this.#imports.text(text)
      this.#import_ends.push(this.#imports.length)
    }
  }

  /** Counts the words of a document; gives the number of terms by chunk. */
  #addWords(lines: readonly string[], of_line: Uint32Array, first_chunk: number): ReadonlyMap<number, number> {
    const in_doc = new Map<number, number>()
    const in_chunk = new Map<number, number>()
    const lengths = new Map<number, number>()
    for (const [at, line] of lines.entries()) {
      const chunk = of_line[at] ?? 0
      let length = 0
      for (const word of wordsIn(line)) {
        const id = this.#wordOf(word)
        in_doc.set(id, (in_doc.get(id) ?? 0) + 1)
        for (const term of this.#word_terms[id] ?? []) {
          const key = chunk * TERMS_AT_MOST + term
          in_chunk.set(key, (in_chunk.get(key) ?? 0) + 1)
          length += 1
        }
      }
      if (length > 0) lengths.set(chunk, (lengths.get(chunk) ?? 0) + length)
    }
    for (const [id, count] of in_doc) this.#word_postings[id]?.push(this.#count, count)
    for (const key of Float64Array.from(in_chunk.keys()).sort()) {
      const term = key % TERMS_AT_MOST
      const chunk = (key - term) / TERMS_AT_MOST
      this.#term_postings[term]?.push(first_chunk + chunk, in_chunk.get(key) ?? 0)
    }
    return lengths
  }

  #wordOf(word: string): number {
    const known = this.#words.get(word)
    if (known !== undefined) return known
    const id = this.#words.size
    this.#words.set(word, id)
    this.#word_postings.push([])
    this.#word_terms.push(termsOf(word).map((term) => this.#termOf(term)))
    return id
  }

  #termOf(term: string): number {
    const known = this.#terms.get(term)
    if (known !== undefined) return known
    const id = this.#terms.size
    this.#terms.set(term, id)
    this.#term_postings.push([])
    return id
  }

  /** The segment as bytes. */
  pack(): Uint8Array {
    const terms = dictionary(this.#terms, this.#term_postings)
    const words = dictionary(this.#words, this.#word_postings)
    const symbols = this.#symbols.map((value, at) => (at % 5 === 0 ? (words.places[value] ?? 0) : value))
    const by_word = symbolsByWord(symbols, this.#words.size)
    return packSections({
      blobs: this.#blobs.done(),
      docs: bytesOf(this.#docs),
      doc_chunks: bytesOf(this.#doc_chunks),
      doc_symbols: bytesOf(this.#doc_symbols),
      doc_imports: bytesOf(this.#doc_imports),
      chunks: bytesOf(this.#chunks),
      symbols: bytesOf(symbols),
      import_ends: bytesOf(this.#import_ends),
      imports: this.#imports.done(),
      term_ends: terms.ends,
      terms: terms.keys,
      term_postings_ends: terms.postings_ends,
      term_postings: terms.postings,
      word_ends: words.ends,
      words: words.keys,
      word_postings_ends: words.postings_ends,
      word_postings: words.postings,
      word_symbols_ends: by_word.ends,
      word_symbols: by_word.symbols,
    })
  }
}

/** Keys in their order with their postings, each posting told by its distance from the one before. */
function dictionary(ids: ReadonlyMap<string, number>, postings: readonly Postings[]) {
  const sorted = [...ids].sort(([a], [b]) => (a < b ? -1 : 1))
  const keys = new ByteWriter()
  const lists = new ByteWriter()
  const places = new Uint32Array(sorted.length)
  const ends = new Uint32Array(sorted.length)
  const list_ends = new Uint32Array(sorted.length)
  for (const [place, [key, id]] of sorted.entries()) {
    places[id] = place
    keys.text(key)
    ends[place] = keys.length
    const list = postings[id] ?? []
    let before = 0
    for (let at = 0; at < list.length; at += 2) {
      const where = list[at] ?? 0
      lists.number(where - before)
      lists.number(list[at + 1] ?? 0)
      before = where
    }
    list_ends[place] = lists.length
  }
  return { places, keys: keys.done(), ends: bytesOf(ends), postings: lists.done(), postings_ends: bytesOf(list_ends) }
}

function symbolsByWord(symbols: readonly number[], words: number) {
  const ends = new Uint32Array(words)
  const total = symbols.length / 5
  for (let at = 0; at < total; at++) {
    const word = symbols[at * 5] ?? 0
    ends[word] = (ends[word] ?? 0) + 1
  }
  let sum = 0
  const next = new Uint32Array(words)
  for (let word = 0; word < words; word++) {
    next[word] = sum
    sum += ends[word] ?? 0
    ends[word] = sum
  }
  const placed = new Uint32Array(total)
  for (let at = 0; at < total; at++) {
    const word = symbols[at * 5] ?? 0
    const place = next[word] ?? 0
    placed[place] = at
    next[word] = place + 1
  }
  return { ends: bytesOf(ends), symbols: bytesOf(placed) }
}
