import type { Task } from '#domain/task'
import { isTest } from '#execution-plane/code-index'
import type { TreeEntry } from '#ports'
import { queryOf, termsOf, type Query } from './query.ts'
import { isSearchable, readText, type RepositoryFiles } from './repository-files.ts'
import { bestWindows } from './windows.ts'
import { createWordMemory, type FileWords, type WordMemory } from './word-memory.ts'

/** A part of a file that probably matters, with where it stands. Lines count from 1 and include both ends. */
export interface FileSlice {
  readonly path: string
  readonly blob: string
  readonly start_line: number
  readonly end_line: number
  readonly text: string
  /** Greater is more relevant; comparable within one search only. */
  readonly score: number
}

interface Search extends RepositoryFiles {
  readonly task: Pick<Task, 'title' | 'objective' | 'success_criteria'>
  /** Most slices to give back. */
  readonly limit: number
  /** Words of files that were searched before; absent means that every file is read. */
  readonly memory?: WordMemory
}

interface Candidate {
  readonly path: string
  readonly blob: string
  readonly length: number
  readonly counts: ReadonlyMap<string, number>
  readonly defined: number
}

/** Bounds of one search: beyond them the files whose paths fit least are left out. */
const MOST_FILES = 6_000
const MOST_BYTES = 48 * 1024 * 1024
const READ_AT_ONCE = 32
const K1 = 1.2
const B = 0.75

/**
 * Ranks files by BM25 over split identifiers, plus matches in their paths and definitions of what the task names, and
 * gives the best windows of the best files. Lexical and deterministic: equal trees and tasks give equal slices.
 */
export async function findRelevant(search: Search): Promise<readonly FileSlice[]> {
  const query = queryOf(search.task)
  if (query.terms.size === 0 || search.limit <= 0) return []
  const candidates = await readAll(search, query)
  const ranked = rank(candidates, query).slice(0, search.limit)
  const idf = rarity(candidates)
  const slices: FileSlice[] = []
  for (const { candidate, score } of ranked) {
    const text = await readText(search, candidate.path)
    if (text === undefined) continue
    for (const window of bestWindows(text, (word) => weightOf(word, query, idf)))
      slices.push({ ...window, path: candidate.path, blob: candidate.blob, score: round(score * window.share) })
  }
  return slices
    .sort((a, b) => b.score - a.score || order(a.path, b.path) || a.start_line - b.start_line)
    .slice(0, search.limit)
}

async function readAll(search: Search, query: Query): Promise<readonly Candidate[]> {
  const entries = search.list.filter(isSearchable)
  const chosen = within(entries.length > MOST_FILES ? byPath(entries, query) : entries)
  const memory = search.memory ?? createWordMemory()
  const candidates: Candidate[] = []
  for (let from = 0; from < chosen.length; from += READ_AT_ONCE) {
    const batch = chosen.slice(from, from + READ_AT_ONCE)
    const read = await Promise.all(batch.map((entry) => wordsIn(search, entry, memory)))
    for (const [index, entry] of batch.entries()) {
      const words = read[index]
      if (words) candidates.push({ path: entry.path, blob: entry.blob, ...countIn(words, query) })
    }
  }
  return candidates
}

async function wordsIn(search: Search, { path, blob }: TreeEntry, memory: WordMemory): Promise<FileWords | null> {
  const known = memory.of(blob)
  return known === undefined ? memory.learn(blob, (await readText(search, path)) ?? null) : known
}

const byPath = (entries: RepositoryFiles['list'], query: Query): RepositoryFiles['list'] =>
  [...entries]
    .sort((a, b) => pathScore(b.path, query, () => 1) - pathScore(a.path, query, () => 1) || order(a.path, b.path))
    .slice(0, MOST_FILES)

function within(entries: RepositoryFiles['list']): RepositoryFiles['list'] {
  let bytes = 0
  return entries.filter((entry) => (bytes += entry.bytes) <= MOST_BYTES)
}

function countIn(words: FileWords, query: Query) {
  const counts = new Map<string, number>()
  for (const term of query.terms.keys()) {
    const count = words.counts.get(term)
    if (count !== undefined) counts.set(term, count)
  }
  const defined = [...query.identifiers].filter((name) => words.defined.has(name)).length
  return { counts, length: words.length, defined }
}

type Rarity = (term: string) => number

function rarity(candidates: readonly Candidate[]): Rarity {
  const having = new Map<string, number>()
  for (const { counts } of candidates) for (const term of counts.keys()) having.set(term, (having.get(term) ?? 0) + 1)
  const total = candidates.length
  return (term) => {
    const n = having.get(term) ?? 0
    return Math.log(1 + (total - n + 0.5) / (n + 0.5))
  }
}

function rank(candidates: readonly Candidate[], query: Query) {
  const idf = rarity(candidates)
  const average = candidates.reduce((sum, { length }) => sum + length, 0) / Math.max(1, candidates.length)
  return candidates
    .map((candidate) => ({ candidate, score: scoreOf(candidate, query, { idf, average }) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || order(a.candidate.path, b.candidate.path))
}

function scoreOf(
  candidate: Candidate,
  query: Query,
  { idf, average }: { readonly idf: Rarity; readonly average: number },
): number {
  const norm = K1 * (1 - B + (B * candidate.length) / Math.max(1, average))
  let score = 0
  for (const [term, count] of candidate.counts)
    score += ((query.terms.get(term) ?? 0) * idf(term) * count * (K1 + 1)) / (count + norm)
  score += pathScore(candidate.path, query, idf)
  score += candidate.defined * 8
  return score * kindFactor(candidate.path, query)
}

function pathScore(path: string, query: Query, idf: Rarity): number {
  const cut = path.lastIndexOf('/') + 1
  const name = path.slice(cut).replace(/\.\w+$/, '')
  const match = (text: string, weight: number) => {
    const terms = new Set([...text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)].flatMap(([word]) => termsOf(word)))
    return [...terms].reduce((sum, term) => sum + weight * (query.terms.get(term) ?? 0) * idf(term), 0)
  }
  const named = query.paths.some(
    (wanted) => path === wanted || path.endsWith(`/${wanted}`) || wanted.endsWith(`/${path}`),
  )
  return match(name, 1.5) + match(path.slice(0, cut), 0.5) + (named ? 40 : 0)
}

function kindFactor(path: string, query: Query): number {
  if (isTest(path)) return query.about_tests ? 1 : 0.55
  if (/\.(md|mdx|rst|txt)$/i.test(path)) return 0.4
  if (/(^|\/)(docs?|examples?|samples?|benchmarks?|fixtures?|scripts|tools)\//i.test(path)) return 0.6
  return /\.(json|ya?ml|toml|xml|ini|cfg|css|scss|html?)$/i.test(path) ? 0.7 : 1
}

const weightOf = (word: string, query: Query, idf: Rarity): number =>
  termsOf(word).reduce((sum, term) => sum + (query.terms.get(term) ?? 0) * (query.terms.has(term) ? idf(term) : 0), 0)

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const round = (value: number): number => Math.round(value * 1000) / 1000
