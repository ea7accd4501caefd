import { inverseFrequency, saturated } from './bm25.ts'
import type { Ground, Measures } from './ground.ts'
import type { Question } from './question.ts'

/** BM25 of all documents and chunks of one segment. */
interface SegmentScores {
  /** Over terms, the whole file taken as one text. */
  readonly file: Float64Array
  /** Over identifiers as they are written. */
  readonly words: Float64Array
  /** Over terms, each chunk taken as one text; and over those of the title alone. */
  readonly chunk: Float64Array
  readonly title_chunk: Float64Array
}

export interface ContentScores {
  readonly segments: readonly SegmentScores[]
  /** How rare a term is among the files with code; 0 for one that nobody asked. */
  readonly rarity: (term: string) => number
}

/** One pass over the postings of what is asked. */
export function scoreContent({ index, ground, issue, postings }: Question): ContentScores {
  const segments = index.segments.map(({ documents, chunks }) => ({
    file: new Float64Array(documents),
    words: new Float64Array(documents),
    chunk: new Float64Array(chunks),
    title_chunk: new Float64Array(chunks),
  }))
  const rarities = new Map<string, number>()
  for (const [term, weight] of issue.terms) {
    const in_title = issue.title_terms.has(term)
    rarities.set(term, addTerm(postings.chunksWith(term), ground, segments, { weight, in_title }))
  }
  for (const [word, weight] of issue.words) addWord(postings.documentsWith(word), ground, segments, weight)
  return { segments, rarity: (term) => rarities.get(term) ?? 0 }
}

/** Adds what one term is worth to every document and chunk that holds it; gives how rare it is. */
function addTerm(
  lists: readonly Uint32Array[],
  { measures, documents, chunks }: Ground,
  scores: readonly SegmentScores[],
  { weight, in_title }: { readonly weight: number; readonly in_title: boolean },
): number {
  const having = { documents: 0, chunks: 0 }
  for (const [at, list] of lists.entries()) {
    const measure = measures[at]
    if (measure !== undefined) countHaving(list, measure, having)
  }
  const rarity = inverseFrequency(having.documents, documents)
  const chunk_rarity = inverseFrequency(having.chunks, chunks)
  for (const [at, list] of lists.entries()) {
    const [measure, score] = [measures[at], scores[at]]
    if (measure === undefined || score === undefined) continue
    addToChunks(list, measure, score.chunk, weight * chunk_rarity)
    addToDocuments(list, measure, score.file, weight * rarity)
    if (in_title) addToChunks(list, measure, score.title_chunk, chunk_rarity)
  }
  return rarity
}

const CODE = 2

function countHaving(
  list: Uint32Array,
  { kind, doc_of_chunk }: Measures,
  having: { documents: number; chunks: number },
): void {
  let last = -1
  for (let at = 0; at < list.length; at += 2) {
    const doc = doc_of_chunk[list[at] ?? 0] ?? 0
    if (kind[doc] !== CODE) continue
    having.chunks += 1
    if (doc !== last) having.documents += 1
    last = doc
  }
}

function addToChunks(list: Uint32Array, { chunk_norm }: Measures, scores: Float64Array, worth: number): void {
  for (let at = 0; at < list.length; at += 2) {
    const chunk = list[at] ?? 0
    scores[chunk] = (scores[chunk] ?? 0) + worth * saturated(list[at + 1] ?? 0, chunk_norm[chunk] ?? 1)
  }
}

/** Chunks of a document stand together, so its count is whole when the next one begins. */
function addToDocuments(
  list: Uint32Array,
  { document_norm, doc_of_chunk }: Measures,
  scores: Float64Array,
  worth: number,
): void {
  let count = 0
  for (let at = 0; at < list.length; at += 2) {
    const doc = doc_of_chunk[list[at] ?? 0] ?? 0
    count += list[at + 1] ?? 0
    if (at + 2 < list.length && doc_of_chunk[list[at + 2] ?? 0] === doc) continue
    scores[doc] = (scores[doc] ?? 0) + worth * saturated(count, document_norm[doc] ?? 1)
    count = 0
  }
}

function addWord(
  lists: readonly Uint32Array[],
  { measures, documents }: Ground,
  scores: readonly SegmentScores[],
  weight: number,
): void {
  let having = 0
  for (const [at, list] of lists.entries()) {
    const kind = measures[at]?.kind
    for (let place = 0; place < list.length; place += 2) if (kind?.[list[place] ?? 0] === CODE) having += 1
  }
  const worth = weight * inverseFrequency(having, documents)
  for (const [at, list] of lists.entries()) {
    const [score, norm] = [scores[at]?.words, measures[at]?.document_norm]
    if (score === undefined) continue
    for (let place = 0; place < list.length; place += 2) {
      const doc = list[place] ?? 0
      score[doc] = (score[doc] ?? 0) + worth * saturated(list[place + 1] ?? 0, norm?.[doc] ?? 1)
    }
  }
}
