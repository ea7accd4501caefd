import { inverseFrequency } from './bm25.ts'
import type { Question } from './question.ts'

/** Less of a message in one place is chance. */
const COVERED_AT_LEAST = 0.6

/**
 * By row: how much one message, that stands together in one chunk, says by how rare it is. Words that stand nowhere
 * were filled in when it was made and do not count.
 */
export function messageCoverage({ postings, ground, issue: { messages } }: Question): Float64Array {
  const filled = new Float64Array(ground.rows.length)
  for (const message of messages) {
    const lists = message.map(postings.chunksWith)
    const worths = lists.map((of_term) => worthOf(of_term, ground.chunks))
    const whole = worths.reduce((sum, worth) => sum + worth, 0)
    for (const [at, { doc_of_chunk }] of ground.measures.entries()) {
      const sums = sumsByChunk(
        lists.map((of_term) => of_term[at]),
        worths,
      )
      for (const [chunk, sum] of sums) {
        if (sum < whole * COVERED_AT_LEAST) continue
        for (const row of ground.rowsOf(at, doc_of_chunk[chunk] ?? 0))
          filled[row] = Math.max(filled[row] ?? 0, sum ** 2 / whole)
      }
    }
  }
  return filled
}

function worthOf(lists: readonly Uint32Array[], chunks: number): number {
  const having = lists.reduce((sum, list) => sum + list.length / 2, 0)
  return having === 0 ? 0 : inverseFrequency(having, chunks)
}

/** A term that stands in so many chunks of a segment finds none of them: it only confirms. */
const COMMON = 2_000

function sumsByChunk(lists: readonly (Uint32Array | undefined)[], worths: readonly number[]): Map<number, number> {
  const sums = new Map<number, number>()
  const rarest_first = lists.map((list, term) => ({ list, worth: worths[term] ?? 0 })).sort((a, b) => b.worth - a.worth)
  for (const { list, worth } of rarest_first) {
    if (list === undefined || worth === 0) continue
    const finds = list.length / 2 <= COMMON
    for (let at = 0; at < list.length; at += 2) {
      const before = sums.get(list[at] ?? 0)
      if (before !== undefined) sums.set(list[at] ?? 0, before + worth)
      else if (finds) sums.set(list[at] ?? 0, worth)
    }
  }
  return sums
}
