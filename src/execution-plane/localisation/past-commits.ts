import { termsOf, wordsIn } from '#execution-plane/code-index'
import type { PastCommit } from '#ports'
import { inverseFrequency, lengthWeight, saturated } from './bm25.ts'

/** What the past tells of a path: each is 0 where it tells nothing. */
interface PastOf {
  /** How near the nearest past change of this path is to the issue, by its message; at most 1. */
  readonly similar: ReadonlyMap<string, number>
  /** How often it was changed lately. */
  readonly changed: ReadonlyMap<string, number>
}

/** Messages that are looked at as near: beyond them all are alike. */
const NEAREST = 200
/** Commits of more paths say nothing of a single one. */
const WIDE_COMMIT = 30
const FADES_IN_YEARS = 1.5
const SECONDS_A_YEAR = 86_400 * 365
const LONGEST_MESSAGE = 4_000

/** What messages hold, made once for a history: pairs of commit and count by term, as in an index of code. */
interface Memory {
  readonly postings: ReadonlyMap<string, Uint32Array>
  readonly norms: Float64Array
  readonly changed: ReadonlyMap<string, number>
}

const KNOWN = new WeakMap<readonly PastCommit[], Memory>()

/** Past changes, newest first, as witnesses: what was changed for a like reason, and what is changed often. */
export function pastOf(commits: readonly PastCommit[], terms: ReadonlyMap<string, number>): PastOf {
  const memory = KNOWN.get(commits) ?? remember(commits)
  KNOWN.set(commits, memory)
  return { similar: similarities(commits, memory, terms), changed: memory.changed }
}

function remember(commits: readonly PastCommit[]): Memory {
  const postings = new Map<string, number[]>()
  const known = new Map<string, readonly string[]>()
  const lengths = commits.map(({ message }, at) => {
    let length = 0
    for (const word of wordsIn(message.slice(0, LONGEST_MESSAGE))) {
      const terms = known.get(word) ?? termsOf(word)
      known.set(word, terms)
      length += terms.length
      for (const term of terms) count(postings, term, at)
    }
    return length
  })
  const mean = Math.max(1, lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, commits.length))
  const norms = Float64Array.from(lengths, (length) => lengthWeight(length / mean))
  const packed = new Map([...postings].map(([term, list]) => [term, Uint32Array.from(list)]))
  return { postings: packed, norms, changed: oftenChanged(commits) }
}

function count(postings: Map<string, number[]>, term: string, at: number): void {
  const there = postings.get(term)
  if (there === undefined) postings.set(term, [at, 1])
  else if (there.at(-2) === at) there[there.length - 1] = (there.at(-1) ?? 0) + 1
  else there.push(at, 1)
}

function oftenChanged(commits: readonly PastCommit[]): ReadonlyMap<string, number> {
  const changed = new Map<string, number>()
  const newest = commits[0]?.time ?? 0
  for (const { paths, time } of commits) {
    if (paths.length > WIDE_COMMIT) continue
    const weight = Math.exp(-(newest - time) / SECONDS_A_YEAR / FADES_IN_YEARS)
    for (const path of paths) changed.set(path, (changed.get(path) ?? 0) + weight)
  }
  for (const [path, often] of changed) changed.set(path, Math.log(1 + often))
  return changed
}

function similarities(
  commits: readonly PastCommit[],
  { postings, norms }: Memory,
  terms: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const scores = new Float64Array(commits.length)
  for (const [term, weight] of terms) {
    const list = postings.get(term)
    if (list === undefined) continue
    const worth = weight * inverseFrequency(list.length / 2, commits.length)
    for (let at = 0; at < list.length; at += 2) {
      const commit = list[at] ?? 0
      scores[commit] = (scores[commit] ?? 0) + worth * saturated(list[at + 1] ?? 0, norms[commit] ?? 1)
    }
  }
  const least = Math.max(scores.toSorted().at(-NEAREST) ?? 0, Number.MIN_VALUE)
  const near: number[] = []
  for (let at = 0; at < scores.length; at++) if ((scores[at] ?? 0) >= least) near.push(at)
  near.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  const best = scores[near[0] ?? 0] ?? 0
  const nearest = new Map<string, number>()
  for (const at of near.slice(0, NEAREST)) {
    const paths = commits[at]?.paths ?? []
    const share = ((scores[at] ?? 0) / best) ** 2 / Math.sqrt(Math.max(1, paths.length))
    for (const path of paths) nearest.set(path, Math.max(nearest.get(path) ?? 0, share))
  }
  return nearest
}
