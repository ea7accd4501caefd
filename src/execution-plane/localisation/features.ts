import type { CodeIndex } from '#execution-plane/code-index'
import type { PastCommit } from '#ports'
import { bestChunks } from './best-chunks.ts'
import { scoreContent, type ContentScores } from './content-scores.ts'
import { definitionsOf, qualifiedHits, type Definitions } from './definitions.ts'
import { groundOf, type Ground } from './ground.ts'
import type { Issue } from './issue.ts'
import { messageCoverage } from './message-coverage.ts'
import { pastOf } from './past-commits.ts'
import { postingsOf } from './postings.ts'
import { namedPaths } from './path-match.ts'

/** What is known of a file in view of an issue. Flags are 0 or 1; all else from 0 to 1, the best file of no test having 1. */
export const FEATURES = [
  'test',
  'package_entry',
  'aside',
  'no_code',
  'main_language',
  'content',
  'identifiers',
  'best_function',
  'second_function',
  'file_name',
  'folder_name',
  'function_name',
  'defines',
  'title_defines',
  'qualified',
  'message',
  'named_path',
  'past_change',
  'changed_often',
] as const
export type Feature = (typeof FEATURES)[number]

/** By feature: one number for each row of the ground. */
type FeatureColumns = Readonly<Record<Feature, Float64Array>>

/** What was found out about an issue. */
export interface Findings {
  readonly ground: Ground
  readonly content: ContentScores
  readonly definitions: Definitions
  readonly columns: FeatureColumns
}

const RELATIVE: readonly Feature[] = [
  'content',
  'identifiers',
  'best_function',
  'second_function',
  'file_name',
  'folder_name',
  'function_name',
  'defines',
  'title_defines',
  'qualified',
  'message',
  'past_change',
  'changed_often',
]

/** Every file that is looked into, with its features. Each file is measured against the best one of this commit. */
export function findingsOf(index: CodeIndex, issue: Issue, past: readonly PastCommit[]): Findings {
  const ground = groundOf(index)
  const question = { index, ground, issue, postings: postingsOf(index) }
  const content = scoreContent(question)
  const chunks = content.segments.map(({ chunk }, at) => bestChunks(chunk, ground.measures[at]))
  const definitions = definitionsOf(question)
  const history = pastOf(past, issue.terms)
  const row = (values: (segment: number, doc: number) => number | undefined): Float64Array =>
    Float64Array.from(ground.rows, ({ segment, doc }) => values(segment, doc) ?? 0)
  const columns: Record<Feature, Float64Array> = {
    ...ground.flags,
    main_language: ground.main_language,
    content: row((segment, doc) => content.segments[segment]?.file[doc]),
    identifiers: row((segment, doc) => content.segments[segment]?.words[doc]),
    best_function: row((segment, doc) => chunks[segment]?.best[doc]),
    second_function: row((segment, doc) => chunks[segment]?.second[doc]),
    file_name: termsInParts(ground.file_names, issue, content),
    folder_name: termsInParts(ground.folder_names, issue, content),
    function_name: functionNames(ground, issue, content),
    defines: definitions.worth,
    title_defines: definitions.plain,
    qualified: qualifiedHits(question),
    message: messageCoverage(question),
    named_path: column(ground, namedPaths(ground, [...issue.paths, ...issue.frames.map(({ path }) => path)])),
    past_change: Float64Array.from(ground.rows, ({ path }) => history.similar.get(path) ?? 0),
    changed_often: Float64Array.from(ground.rows, ({ path }) => history.changed.get(path) ?? 0),
  }
  for (const feature of RELATIVE) makeRelative(columns[feature], ground)
  return { ground, content, definitions, columns }
}

function column(ground: Ground, values: ReadonlyMap<number, number>): Float64Array {
  const filled = new Float64Array(ground.rows.length)
  for (const [row, value] of values) filled[row] = value
  return filled
}

/** How much of what the issue says stands in a part of each path, by how rare it is. */
function termsInParts({ rows_of, share }: Ground['file_names'], issue: Issue, content: ContentScores): Float64Array {
  const sums = new Float64Array(share.length)
  for (const [term, weight] of issue.terms)
    for (const row of rows_of.get(term) ?? [])
      sums[row] = (sums[row] ?? 0) + weight * content.rarity(term) * (share[row] ?? 0)
  return sums
}

/** By row: the declaration whose name says most of the issue. */
function functionNames({ symbol_names, rows }: Ground, issue: Issue, content: ContentScores): Float64Array {
  const sums = new Float64Array(symbol_names.share.length)
  for (const [term, weight] of issue.terms)
    for (const at of symbol_names.rows_of.get(term) ?? [])
      sums[at] = (sums[at] ?? 0) + weight * content.rarity(term) * (symbol_names.share[at] ?? 0)
  const best = new Float64Array(rows.length)
  for (let at = 0; at < sums.length; at++) {
    const row = symbol_names.row[at] ?? 0
    if ((sums[at] ?? 0) > (best[row] ?? 0)) best[row] = sums[at] ?? 0
  }
  return best
}

function makeRelative(values: Float64Array, { flags }: Ground): void {
  let best = 0
  let any = 0
  for (const [row, value] of values.entries()) {
    any = Math.max(any, value)
    if (flags.test[row] === 0 && flags.no_code[row] === 0) best = Math.max(best, value)
  }
  const most = best === 0 ? any : best
  for (let row = 0; row < values.length; row++) values[row] = most === 0 ? 0 : Math.min(1, (values[row] ?? 0) / most)
}

/** Every file that is looked into with its features, in the order of paths. */
export function candidatesOf(
  index: CodeIndex,
  issue: Issue,
  past: readonly PastCommit[],
): readonly { readonly path: string; readonly features: Readonly<Record<Feature, number>> }[] {
  const { ground, columns } = findingsOf(index, issue, past)
  return ground.rows.map(({ path }, row) => ({
    path,
    features: Object.fromEntries(FEATURES.map((feature) => [feature, columns[feature][row] ?? 0])) as Record<
      Feature,
      number
    >,
  }))
}
