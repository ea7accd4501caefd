import { termsOf, wordsIn } from '#execution-plane/code-index'
import type { PastCommit } from '#ports'
import { inverseFrequency, saturated } from './bm25.ts'

/** What the past tells of a path: each is 0 where it tells nothing. */
interface PastOf {
  /** How near the nearest past change of this path is to the issue, by its message; at most 1. */
  readonly similar: (path: string) => number
  /** How often it was changed lately. */
  readonly changed: (path: string) => number
}

/** Messages that are looked at as near: beyond them all are alike. */
const NEAREST = 200
/** Commits of more paths say nothing of a single one. */
const WIDE_COMMIT = 30
const FADES_IN_YEARS = 1.5
const SECONDS_A_YEAR = 86_400 * 365
const LONGEST_MESSAGE = 4_000

/** Past changes, newest first, as witnesses: what was changed for a like reason, and what is changed often. */
export function pastOf(commits: readonly PastCommit[], terms: ReadonlyMap<string, number>): PastOf {
  const changed = new Map<string, number>()
  const newest = commits[0]?.time ?? 0
  for (const { paths, time } of commits) {
    if (paths.length > WIDE_COMMIT) continue
    const weight = Math.exp(-(newest - time) / SECONDS_A_YEAR / FADES_IN_YEARS)
    for (const path of paths) changed.set(path, (changed.get(path) ?? 0) + weight)
  }
  const similar = similarities(commits, terms)
  return {
    similar: (path) => similar.get(path) ?? 0,
    changed: (path) => Math.log(1 + (changed.get(path) ?? 0)),
  }
}

function similarities(commits: readonly PastCommit[], terms: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const counted = commits.map(({ message }) => countIn(message.slice(0, LONGEST_MESSAGE), terms))
  const having = new Map<string, number>()
  for (const { counts } of counted) for (const term of counts.keys()) having.set(term, (having.get(term) ?? 0) + 1)
  const mean = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counted.length)
  const scored = counted.map(({ counts, length }, at) => {
    let score = 0
    for (const [term, count] of counts)
      score +=
        (terms.get(term) ?? 0) *
        inverseFrequency(having.get(term) ?? 0, counted.length) *
        saturated(count, length / mean)
    return { at, score }
  })
  scored.sort((a, b) => b.score - a.score || a.at - b.at)
  const best = scored[0]?.score ?? 0
  const nearest = new Map<string, number>()
  if (best <= 0) return nearest
  for (const { at, score } of scored.slice(0, NEAREST)) {
    const paths = commits[at]?.paths ?? []
    const share = (score / best) ** 2 / Math.sqrt(Math.max(1, paths.length))
    for (const path of paths) nearest.set(path, Math.max(nearest.get(path) ?? 0, share))
  }
  return nearest
}

function countIn(message: string, terms: ReadonlyMap<string, number>) {
  const counts = new Map<string, number>()
  let length = 0
  for (const word of wordsIn(message))
    for (const term of termsOf(word)) {
      length += 1
      if (terms.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
  return { counts, length }
}
