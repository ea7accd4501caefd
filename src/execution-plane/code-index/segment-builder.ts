import { SYNTAX_LANGUAGES, type Outline, type SymbolKind, type SyntaxLanguage } from '#syntax'
import { ByteWriter } from './byte-writer.ts'
import { chunksOf } from './chunks.ts'
import { bytesOf, packSections } from './segment-format.ts'
import type { InternedWords } from './interned-words.ts'
import { WordTable, type Postings } from './word-table.ts'

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

/** Builds one segment: documents are added, then it is packed. */
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
  readonly #table = new WordTable()
  #count = 0
  #text_bytes = 0

  get documents(): number {
    return this.#count
  }

  /** Bytes of the text that was read. */
  get text_bytes(): number {
    return this.#text_bytes
  }

  add({ blob, bytes, language, text, outline }: IndexedBlob): void {
    const symbols = outline?.symbols ?? []
    const first_chunk = this.#chunks.length / 2
    const first_symbol = this.#symbols.length / 5
    const lines = text === undefined ? 0 : linesIn(text)
    const cut = chunksOf(symbols, lines)
    const chunks = cut.symbols.length + 1
    this.#blobs.text(blob)
    this.#addSymbols(outline, cut.containers, first_symbol)
    const lengths = this.#table.count({
      document: this.#count,
      text: text ?? '',
      of_line: cut.of_line,
      chunks,
      first_chunk,
    })
    for (const [at, length] of lengths.entries()) {
      const symbol = at === 0 ? undefined : cut.symbols[at - 1]
      this.#chunks.push(symbol === undefined ? 0 : first_symbol + symbol + 1, length)
    }
    const length = lengths.reduce((sum, part) => sum + part, 0)
    const known = language === undefined ? 0 : SYNTAX_LANGUAGES.indexOf(language) + 1
    this.#docs.push(known, lines, length, text === undefined ? 1 : 0, bytes)
    this.#doc_chunks.push(this.#chunks.length / 2)
    this.#doc_symbols.push(this.#symbols.length / 5)
    this.#doc_imports.push(this.#import_ends.length)
    this.#count += 1
    if (text !== undefined) this.#text_bytes += bytes
  }

  #addSymbols(outline: Outline | undefined, containers: Int32Array, first: number): void {
    for (const [index, symbol] of (outline?.symbols ?? []).entries()) {
      const container = containers[index] ?? -1
      const word = this.#table.numberOf(symbol.name.replace(/[?!=~]/g, ''))
      const kind = SYMBOL_KINDS.indexOf(symbol.kind)
      this.#symbols.push(word, kind, symbol.start_line, symbol.end_line, container < 0 ? 0 : first + container + 1)
    }
    const named = outline?.package === undefined ? [] : [outline.package]
    for (const text of [...named, ...(outline?.imports ?? [])]) {
      this.#imports.text(text)
      this.#import_ends.push(this.#imports.length)
    }
  }

  /** The segment as bytes. */
  pack(): Uint8Array {
    const terms = dictionary(this.#table.terms, this.#table.term_postings)
    const words = dictionary(this.#table.words, this.#table.word_postings)
    const symbols = this.#symbols.map((value, at) => (at % 5 === 0 ? (words.places[value] ?? 0) : value))
    const by_word = symbolsByWord(symbols, this.#table.words.size)
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

function linesIn(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

/** Keys in their order with their postings, each posting told by its distance from the one before. */
function dictionary(ids: InternedWords, postings: readonly Postings[]) {
  const sorted = ids.all().toSorted()
  const keys = new ByteWriter()
  const lists = new ByteWriter()
  const places = new Uint32Array(sorted.length)
  const ends = new Uint32Array(sorted.length)
  const list_ends = new Uint32Array(sorted.length)
  for (const [place, key] of sorted.entries()) {
    const id = ids.numberOf(key, 0, key.length)
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
