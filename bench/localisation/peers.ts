import type { CodeIndex } from '#execution-plane/code-index'
import { termsOf, wordsIn } from '#execution-plane/code-index'
import { git } from './instances.ts'

/** A way to rank files, to be compared with. Best first. */
type Ranking = readonly string[]

interface Text {
  readonly path: string
  readonly words: readonly string[]
}

const K1 = 1.2
const B = 0.75
/** Words of an issue that `git grep` is asked for: those that stand in the fewest files. */
const GREPPED = 30
const MOST_FILES = 200

/** Files with code, as text. */
export async function textsOf(
  index: CodeIndex,
  read: (blob: string) => Promise<Uint8Array | undefined>,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const code = index.files.filter(
    ({ facts }) => facts !== undefined && index.segments[facts.segment]?.hasLanguage(facts.doc) === true,
  )
  const decoder = new TextDecoder()
  return Promise.all(
    code.map(async ({ path, blob }) => ({ path, text: decoder.decode((await read(blob)) ?? new Uint8Array()) })),
  )
}

/** BM25 over whole words in lower case: what a search engine does that knows nothing of code. */
export function plainBm25(texts: readonly { readonly path: string; readonly text: string }[], issue: string): Ranking {
  const plain = (text: string): readonly string[] => text.toLowerCase().match(/\w+/g) ?? []
  return bm25(
    texts.map(({ path, text }) => ({ path, words: plain(text) })),
    plain(issue),
  )
}

/** BM25 over the parts of identifiers. */
export function splitBm25(texts: readonly { readonly path: string; readonly text: string }[], issue: string): Ranking {
  const parts = (text: string): readonly string[] => wordsIn(text).flatMap(termsOf)
  return bm25(
    texts.map(({ path, text }) => ({ path, words: parts(text) })),
    parts(issue),
  )
}

function bm25(texts: readonly Text[], issue: readonly string[]): Ranking {
  const asked = new Set(issue)
  const counted = texts.map(({ path, words }) => {
    const counts = new Map<string, number>()
    for (const word of words) if (asked.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
    return { path, counts, length: words.length }
  })
  const having = new Map<string, number>()
  for (const { counts } of counted) for (const word of counts.keys()) having.set(word, (having.get(word) ?? 0) + 1)
  const mean = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counted.length)
  const idf = (word: string): number => {
    const n = having.get(word) ?? 0
    return Math.log(1 + (counted.length - n + 0.5) / (n + 0.5))
  }
  return ranked(
    counted.map(({ path, counts, length }) => {
      let score = 0
      for (const [word, count] of counts)
        score += (idf(word) * count * (K1 + 1)) / (count + K1 * (1 - B + (B * length) / mean))
      return [path, score] as const
    }),
  )
}

/** What many agents do: grep for each identifier of the issue, and let every hit vote for its file. */
export async function grepVotes(repository: string, commit: string, issue: string): Promise<Ranking> {
  const words = [...new Set(wordsIn(issue).filter((word) => word.length > 3))].slice(0, 200)
  const hits = await Promise.all(words.map((word) => filesWith(repository, commit, word)))
  const rare = hits.filter((files) => files.length > 0 && files.length <= MOST_FILES)
  rare.sort((a, b) => a.length - b.length)
  const votes = new Map<string, number>()
  for (const files of rare.slice(0, GREPPED))
    for (const file of files) votes.set(file, (votes.get(file) ?? 0) + 1 / files.length)
  return ranked([...votes])
}

async function filesWith(repository: string, commit: string, word: string): Promise<readonly string[]> {
  const found = await git(repository, ['grep', '-l', '-w', '-F', '-I', '-e', word, commit]).catch(() => '')
  return found.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(commit.length + 1)]))
}

const ranked = (scores: readonly (readonly [path: string, score: number])[]): Ranking =>
  [...scores].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([path]) => path)
