import { isTest, type CodeIndex } from '#execution-plane/code-index'
import type { PastCommit } from '#ports'
import { inverseFrequency } from './bm25.ts'
import { scoreContent, type ContentScore } from './content-scores.ts'
import type { Issue } from './issue.ts'
import { pastOf } from './past-commits.ts'
import { namedPaths, termsInPath } from './path-match.ts'

/** What is known of a file in view of an issue. Flags are 0 or 1; all else from 0 to 1, the best file of no test having 1. */
export const FEATURES = [
  'test',
  'package_entry',
  'aside',
  'no_code',
  'content',
  'identifiers',
  'best_function',
  'second_function',
  'file_name',
  'folder_name',
  'defines',
  'named_path',
  'past_change',
  'changed_often',
] as const
export type Feature = (typeof FEATURES)[number]

/** One file that may be meant. */
export interface Candidate {
  readonly file: number
  readonly path: string
  readonly features: Readonly<Record<Feature, number>>
  readonly content: ContentScore
  /** Identifiers of the issue that it defines, the rarest first. */
  readonly defines: readonly string[]
}

const RELATIVE: readonly Feature[] = [
  'content',
  'identifiers',
  'best_function',
  'second_function',
  'file_name',
  'folder_name',
  'defines',
  'past_change',
  'changed_often',
]
const ASIDE = /(^|\/)(docs?|examples?|samples?|demos?|bench|benchmarks?|asv_bench|scripts?|tools?|fixtures?)\//i
const ENTRY = /^(__init__|index|mod|lib)\.\w+$/
/** Words that weigh less were only seen in passing. */
const NAMED = 2

/** Every file that is looked into, with its features. Each file is measured against the best one of this commit. */
export function candidatesOf(index: CodeIndex, issue: Issue, past: readonly PastCommit[]): readonly Candidate[] {
  const content = scoreContent(index, issue)
  const named = namedPaths(
    index.files.map(({ path }) => path),
    issue,
  )
  const history = pastOf(past, issue.terms)
  const defined = definitionsOf(index, issue)
  const raw: Candidate[] = []
  for (const [file, { path, facts }] of index.files.entries()) {
    const segment = facts === undefined ? undefined : index.segments[facts.segment]
    if (facts === undefined || segment === undefined) continue
    const score = content.of(facts.segment, facts.doc)
    const cut = path.lastIndexOf('/') + 1
    const names = defined.get(file) ?? []
    const features = {
      test: isTest(path) ? 1 : 0,
      package_entry: ENTRY.test(path.slice(cut)) ? 1 : 0,
      aside: ASIDE.test(path) ? 1 : 0,
      no_code: segment.hasLanguage(facts.doc) ? 0 : 1,
      content: score.file,
      identifiers: score.words,
      best_function: score.chunk,
      second_function: score.second_chunk,
      file_name: termsInPath(path.slice(cut).replace(/\.\w+$/, ''), issue, content.rarity),
      folder_name: termsInPath(path.slice(0, cut), issue, content.rarity),
      defines: names[0]?.worth ?? 0,
      named_path: named.get(path) ?? 0,
      past_change: history.similar(path),
      changed_often: history.changed(path),
    }
    raw.push({ file, path, features, content: score, defines: names.map(({ name }) => name) })
  }
  return relative(raw)
}

/** By file: the named identifiers that it declares, with what that is worth, most first. */
function definitionsOf(index: CodeIndex, issue: Issue) {
  const defined = new Map<number, { readonly name: string; readonly worth: number }[]>()
  const total = index.files.length
  for (const [name, weight] of issue.words) {
    if (weight < NAMED) continue
    const files = new Set<number>()
    for (const [at, segment] of index.segments.entries())
      for (const symbol of segment.symbolsNamed(name))
        for (const file of index.holders(at, segment.docOfSymbol(symbol))) files.add(file)
    const worth = weight * inverseFrequency(files.size, total)
    for (const file of files) {
      const there = defined.get(file)
      if (there === undefined) defined.set(file, [{ name, worth }])
      else there.push({ name, worth })
    }
  }
  for (const names of defined.values()) names.sort((a, b) => b.worth - a.worth || (a.name < b.name ? -1 : 1))
  return defined
}

function relative(raw: readonly Candidate[]): readonly Candidate[] {
  const measure = raw.some(({ features }) => features.test === 0 && features.no_code === 0)
    ? raw.filter(({ features }) => features.test === 0 && features.no_code === 0)
    : raw
  const best = new Map(
    RELATIVE.map((feature) => [feature, measure.reduce((most, { features }) => Math.max(most, features[feature]), 0)]),
  )
  return raw.map((candidate) => {
    const features = { ...candidate.features }
    for (const [feature, most] of best) features[feature] = most === 0 ? 0 : Math.min(1, features[feature] / most)
    return { ...candidate, features }
  })
}
