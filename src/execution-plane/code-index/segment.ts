import { SYNTAX_LANGUAGES, type SymbolKind, type SyntaxLanguage } from '#syntax'
import {
  CHUNK_FIELDS,
  digestAt,
  DOC_FIELDS,
  isWhole,
  numbersOf,
  SYMBOL_FIELDS,
  unpackSections,
  type Section,
} from './segment-format.ts'
import { SYMBOL_KINDS } from './segment-builder.ts'

/** One document of a segment. */
export interface SegmentDocument {
  readonly language: SyntaxLanguage | undefined
  readonly lines: number
  /** Terms that stand in it, repetitions counted. */
  readonly length: number
  readonly unread: boolean
  readonly bytes: number
}

/** A declaration with the name of what it stands in. */
export interface IndexedSymbol {
  readonly name: string
  readonly kind: SymbolKind
  readonly start_line: number
  readonly end_line: number
  readonly container: string | undefined
}

/**
 * Facts about a set of blobs, read only and by content: which words and declarations they hold. Nothing is decoded
 * before it is asked for, so opening one costs a digest and no more.
 */
export class Segment {
  readonly documents: number
  readonly blobs: readonly string[]
  readonly bytes: number
  /** The digest of what it holds. */
  readonly id: string
  readonly #docs: Uint32Array
  readonly #doc_chunks: Uint32Array
  readonly #doc_symbols: Uint32Array
  readonly #doc_imports: Uint32Array
  readonly #chunks: Uint32Array
  readonly #symbols: Uint32Array
  readonly #chunk_docs: Uint32Array
  readonly #sections: Readonly<Record<Section, Uint8Array>>

  /** Takes bytes that are known to be whole: made by this process, or read by `open`. */
  constructor(bytes: Uint8Array) {
    const sections = unpackSections(bytes)
    this.#sections = sections
    this.bytes = bytes.length
    this.id = digestAt(bytes)
    this.#docs = numbersOf(sections.docs)
    this.#doc_chunks = numbersOf(sections.doc_chunks)
    this.#doc_symbols = numbersOf(sections.doc_symbols)
    this.#doc_imports = numbersOf(sections.doc_imports)
    this.#chunks = numbersOf(sections.chunks)
    this.#symbols = numbersOf(sections.symbols)
    this.documents = this.#docs.length / DOC_FIELDS
    const width = this.documents === 0 ? 40 : sections.blobs.length / this.documents
    const ids = textOf(sections.blobs, 0, sections.blobs.length)
    this.blobs = Array.from({ length: this.documents }, (_, at) => ids.slice(at * width, (at + 1) * width))
    this.#chunk_docs = new Uint32Array(this.#chunks.length / CHUNK_FIELDS)
    for (let doc = 0; doc < this.documents; doc++)
      this.#chunk_docs.fill(doc, start(this.#doc_chunks, doc), this.#doc_chunks[doc])
  }

  /** Undefined for bytes that are no segment of this version, or that were changed. */
  static async open(bytes: Uint8Array<ArrayBuffer>): Promise<Segment | undefined> {
    return (await isWhole(bytes)) ? new Segment(bytes) : undefined
  }

  document(doc: number): SegmentDocument {
    const at = doc * DOC_FIELDS
    const language = this.#docs[at] ?? 0
    return {
      language: language === 0 ? undefined : SYNTAX_LANGUAGES[language - 1],
      lines: this.#docs[at + 1] ?? 0,
      length: this.#docs[at + 2] ?? 0,
      unread: this.#docs[at + 3] === 1,
      bytes: this.#docs[at + 4] ?? 0,
    }
  }

  /** True for a document in a language with a grammar. */
  hasLanguage(doc: number): boolean {
    return this.#docs[doc * DOC_FIELDS] !== 0
  }

  chunksOfDocument(doc: number): number {
    return (this.#doc_chunks[doc] ?? 0) - start(this.#doc_chunks, doc)
  }

  /** Number of chunks. */
  get chunks(): number {
    return this.#chunk_docs.length
  }

  docOfChunk(chunk: number): number {
    return this.#chunk_docs[chunk] ?? 0
  }

  /** Terms in a chunk, repetitions counted. */
  lengthOfChunk(chunk: number): number {
    return this.#chunks[chunk * CHUNK_FIELDS + 1] ?? 0
  }

  /** The number of the symbol that a chunk is; undefined for the rest of a file. */
  symbolOfChunk(chunk: number): number | undefined {
    const symbol = this.#chunks[chunk * CHUNK_FIELDS] ?? 0
    return symbol === 0 ? undefined : symbol - 1
  }

  symbol(symbol: number): IndexedSymbol {
    const at = symbol * SYMBOL_FIELDS
    const container = this.#symbols[at + 4] ?? 0
    return {
      name: this.#word(this.#symbols[at] ?? 0),
      kind: SYMBOL_KINDS[this.#symbols[at + 1] ?? 0] ?? 'constant',
      start_line: this.#symbols[at + 2] ?? 0,
      end_line: this.#symbols[at + 3] ?? 0,
      container: container === 0 ? undefined : this.#word(this.#symbols[(container - 1) * SYMBOL_FIELDS] ?? 0),
    }
  }

  /** The name of what a symbol stands in. */
  containerOf(symbol: number): string | undefined {
    const container = this.#symbols[symbol * SYMBOL_FIELDS + 4] ?? 0
    return container === 0 ? undefined : this.#word(this.#symbols[(container - 1) * SYMBOL_FIELDS] ?? 0)
  }

  symbolsOf(doc: number): readonly IndexedSymbol[] {
    const symbols: IndexedSymbol[] = []
    const end = this.#doc_symbols[doc] ?? 0
    for (let at = start(this.#doc_symbols, doc); at < end; at++) symbols.push(this.symbol(at))
    return symbols
  }

  docOfSymbol(symbol: number): number {
    let [low, high] = [0, this.documents]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#doc_symbols[middle] ?? 0) <= symbol) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Texts of the import statements of a document, its package first where it names one. */
  importsOf(doc: number): readonly string[] {
    const ends = numbersOf(this.#sections.import_ends)
    const texts: string[] = []
    const end = this.#doc_imports[doc] ?? 0
    for (let at = start(this.#doc_imports, doc); at < end; at++)
      texts.push(textOf(this.#sections.imports, start(ends, at), ends[at] ?? 0))
    return texts
  }

  /** Numbers of the symbols that are called so. */
  symbolsNamed(word: string): Uint32Array {
    const place = find(this.#sections.word_ends, this.#sections.words, word)
    if (place === undefined) return new Uint32Array()
    const ends = numbersOf(this.#sections.word_symbols_ends)
    return numbersOf(this.#sections.word_symbols).subarray(start(ends, place), ends[place])
  }

  /** Chunks that hold a term, each with how often: pairs, in the order of chunks. Empty where none does. */
  chunksWith(term: string): Uint32Array {
    const { term_ends, terms, term_postings_ends, term_postings } = this.#sections
    const place = find(term_ends, terms, term)
    return place === undefined ? NONE : pairsAt(term_postings, numbersOf(term_postings_ends), place)
  }

  /** Documents that hold a word as it is written, each with how often: pairs, in the order of documents. */
  documentsWith(word: string): Uint32Array {
    const { word_ends, words, word_postings_ends, word_postings } = this.#sections
    const place = find(word_ends, words, word)
    return place === undefined ? NONE : pairsAt(word_postings, numbersOf(word_postings_ends), place)
  }

  /** Tells each document that holds a word as it is written, and how often. */
  eachDocumentWith(word: string, tell: (doc: number, count: number) => void): void {
    const pairs = this.documentsWith(word)
    for (let at = 0; at < pairs.length; at += 2) tell(pairs[at] ?? 0, pairs[at + 1] ?? 0)
  }

  #word(place: number): string {
    const ends = numbersOf(this.#sections.word_ends)
    return textOf(this.#sections.words, start(ends, place), ends[place] ?? 0)
  }
}

const NONE = new Uint32Array()

const start = (ends: Uint32Array, at: number): number => (at === 0 ? 0 : (ends[at - 1] ?? 0))

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')

/** The place of a key in a sorted dictionary. */
function find(ends_section: Uint8Array, keys: Uint8Array, key: string): number | undefined {
  const ends = numbersOf(ends_section)
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const there = textOf(keys, start(ends, middle), ends[middle] ?? 0)
    if (there === key) return middle
    if (there < key) low = middle + 1
    else high = middle
  }
  return undefined
}

/** A list of postings at once: three times as fast as telling each, which a question does a hundred thousand times. */
function pairsAt(lists: Uint8Array, ends: Uint32Array, place: number): Uint32Array {
  const end = ends[place] ?? 0
  let at = start(ends, place)
  const pairs = new Uint32Array(end - at)
  let count = 0
  let where = 0
  while (at < end) {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = lists[at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    if (count % 2 === 0) value = where += value
    pairs[count++] = value
  }
  return pairs.subarray(0, count)
}
