import type { CodeIndex } from '#execution-plane/code-index'
import { inverseFrequency, saturated } from './bm25.ts'

/** How well the content of one document fits an issue. */
export interface ContentScore {
  /** BM25 over terms, the whole file taken as one text. */
  readonly file: number
  /** BM25 over identifiers as they are written. */
  readonly words: number
  /** The best chunk and the second, by BM25 over chunks. */
  readonly chunk: number
  readonly second_chunk: number
  /** Chunks that score at all, best first: number in the segment and score. */
  readonly chunks: readonly (readonly [chunk: number, score: number])[]
}

interface Asked {
  readonly terms: ReadonlyMap<string, number>
  readonly words: ReadonlyMap<string, number>
}

/** Scores of all documents of a commit. */
interface ContentScores {
  of(segment: number, doc: number): ContentScore
  /** How rare a term is among the files with code. */
  readonly rarity: (term: string) => number
}

const NOTHING: ContentScore = { file: 0, words: 0, chunk: 0, second_chunk: 0, chunks: [] }
const MOST_CHUNKS_KEPT = 8

interface Means {
  readonly documents: number
  readonly document_length: number
  readonly chunks: number
  readonly chunk_length: number
}

/** One pass over the postings of what is asked. What is rare is told by files with code; other text is scored alike. */
export function scoreContent(index: CodeIndex, asked: Asked): ContentScores {
  const means = meansOf(index)
  const tables = index.segments.map((segment) => ({
    file: new Float64Array(segment.documents),
    words: new Float64Array(segment.documents),
    chunk: new Float64Array(segment.chunks),
  }))
  const rarities = new Map<string, number>()
  for (const [term, weight] of asked.terms) rarities.set(term, addTerm(index, tables, means, { term, weight }))
  for (const [word, weight] of asked.words) addWord(index, tables, means, { word, weight })
  const best = index.segments.map((segment, at) =>
    bestChunks(segment.chunks, (chunk) => segment.docOfChunk(chunk), tables[at]?.chunk),
  )
  return {
    of(segment, doc) {
      const table = tables[segment]
      if (table === undefined) return NOTHING
      const chunks = best[segment]?.get(doc) ?? []
      return {
        file: table.file[doc] ?? 0,
        words: table.words[doc] ?? 0,
        chunk: chunks[0]?.[1] ?? 0,
        second_chunk: chunks[1]?.[1] ?? 0,
        chunks,
      }
    },
    rarity: (term) => rarities.get(term) ?? 0,
  }
}

interface Table {
  readonly file: Float64Array
  readonly words: Float64Array
  readonly chunk: Float64Array
}

function meansOf(index: CodeIndex): Means {
  const sums = { documents: 0, document_length: 0, chunks: 0 }
  for (const { facts } of index.files) {
    const segment = facts === undefined ? undefined : index.segments[facts.segment]
    if (facts === undefined || segment === undefined) continue
    const { language, length } = segment.document(facts.doc)
    if (language === undefined) continue
    sums.documents += 1
    sums.document_length += length
    sums.chunks += segment.chunksOfDocument(facts.doc)
  }
  return {
    documents: sums.documents,
    document_length: sums.document_length / Math.max(1, sums.documents),
    chunks: sums.chunks,
    chunk_length: sums.document_length / Math.max(1, sums.chunks),
  }
}

/** Adds what one term is worth to every document and chunk that holds it; gives how rare it is. */
function addTerm(
  index: CodeIndex,
  tables: readonly Table[],
  means: Means,
  { term, weight }: { readonly term: string; readonly weight: number },
): number {
  const counts = index.segments.map(() => new Map<number, number>())
  const found: { readonly segment: number; readonly chunk: number; readonly count: number }[] = []
  const having = { documents: 0, chunks: 0 }
  for (const [at, segment] of index.segments.entries()) {
    segment.eachChunkWith(term, (chunk, count) => {
      const doc = segment.docOfChunk(chunk)
      if (index.holders(at, doc).length === 0) return
      const code = segment.hasLanguage(doc)
      const before = counts[at]?.get(doc)
      if (before === undefined && code) having.documents += 1
      if (code) having.chunks += 1
      counts[at]?.set(doc, (before ?? 0) + count)
      found.push({ segment: at, chunk, count })
    })
  }
  const rarity = inverseFrequency(having.documents, means.documents)
  const chunk_rarity = inverseFrequency(having.chunks, means.chunks)
  for (const { segment, chunk, count } of found) {
    const table = tables[segment]?.chunk
    const relative = (index.segments[segment]?.lengthOfChunk(chunk) ?? 0) / means.chunk_length
    if (table !== undefined) table[chunk] = (table[chunk] ?? 0) + weight * chunk_rarity * saturated(count, relative)
  }
  for (const [segment, docs] of counts.entries())
    for (const [doc, count] of docs) {
      const table = tables[segment]?.file
      const relative = (index.segments[segment]?.document(doc).length ?? 0) / means.document_length
      if (table !== undefined) table[doc] = (table[doc] ?? 0) + weight * rarity * saturated(count, relative)
    }
  return rarity
}

function addWord(
  index: CodeIndex,
  tables: readonly Table[],
  means: Means,
  { word, weight }: { readonly word: string; readonly weight: number },
): void {
  const found: { readonly segment: number; readonly doc: number; readonly count: number }[] = []
  let having = 0
  for (const [at, segment] of index.segments.entries())
    segment.eachDocumentWith(word, (doc, count) => {
      if (index.holders(at, doc).length === 0) return
      if (segment.hasLanguage(doc)) having += 1
      found.push({ segment: at, doc, count })
    })
  const rarity = inverseFrequency(having, means.documents)
  for (const { segment, doc, count } of found) {
    const table = tables[segment]?.words
    const relative = (index.segments[segment]?.document(doc).length ?? 0) / means.document_length
    if (table !== undefined) table[doc] = (table[doc] ?? 0) + weight * rarity * saturated(count, relative)
  }
}

function bestChunks(chunks: number, docOf: (chunk: number) => number, scores: Float64Array | undefined) {
  const best = new Map<number, (readonly [number, number])[]>()
  for (let chunk = 0; chunk < chunks; chunk++) {
    const score = scores?.[chunk] ?? 0
    if (score <= 0) continue
    const doc = docOf(chunk)
    const there = best.get(doc)
    if (there === undefined) best.set(doc, [[chunk, score]])
    else there.push([chunk, score])
  }
  for (const [doc, list] of best)
    best.set(doc, list.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_CHUNKS_KEPT))
  return best
}
