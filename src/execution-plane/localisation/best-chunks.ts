import type { Measures } from './ground.ts'

/** By document: the scores of its best chunk and of the second. */
export interface BestChunks {
  readonly best: Float64Array
  readonly second: Float64Array
}

/** Finds the two best chunks of each document. */
export function bestChunks(scores: Float64Array, measures: Measures | undefined): BestChunks {
  const documents = measures?.kind.length ?? 0
  const best = new Float64Array(documents)
  const second = new Float64Array(documents)
  const docs = measures?.doc_of_chunk
  for (let chunk = 0; chunk < scores.length; chunk++) {
    const score = scores[chunk] ?? 0
    if (score <= 0) continue
    const doc = docs?.[chunk] ?? 0
    const first = best[doc] ?? 0
    if (score > first) {
      second[doc] = first
      best[doc] = score
    } else if (score > (second[doc] ?? 0)) second[doc] = score
  }
  return { best, second }
}
