import { GanderError } from '#domain/failure'
import type { CodeIndex } from '#execution-plane/code-index'
import type { PastCommit, RankedFile } from '#ports'
import { FEATURES, findingsOf, type Feature, type Findings } from './features.ts'
import { readIssue } from './issue.ts'
import { rankFunctions } from './rank-functions.ts'
import { WEIGHTS } from './weights.ts'

interface Question {
  readonly index: CodeIndex
  /** The commit that is asked about. */
  readonly commit: string
  /** Title in the first line, then the body, as the reporter wrote it. */
  readonly issue: string
  /** What the commit descends from, newest first; empty where history is not at hand. */
  readonly past: readonly PastCommit[]
  readonly top: number
}

/**
 * The files an issue is probably about, best first, without a model. Equal indexes, issues and histories give equal
 * answers. An issue of which no word, name or path stands in the commit has no answer, rather than a list of the files
 * that are changed most.
 * @throws GanderError `internal` when the index is of another commit
 */
export function localise({ index, commit, issue, past, top }: Question): readonly RankedFile[] {
  if (index.commit !== commit)
    throw new GanderError('internal', `The index is of commit ${index.commit}, the question is about ${commit}.`)
  const asked = readIssue(issue)
  const findings = findingsOf(index, asked, past)
  const { rows } = findings.ground
  if (!saysAnything(findings)) return []
  const scores = scoresOf(findings)
  const best = Array.from(rows.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  return best.slice(0, top).map((row) => ({
    path: rows[row]?.path ?? '',
    score: round(scores[row] ?? 0),
    reasons: reasonsOf(findings, row),
    functions: rankFunctions(index, findings, { issue: asked, row }),
  }))
}

const ASKED: readonly Feature[] = ['content', 'identifiers', 'file_name', 'folder_name', 'named_path', 'past_change']

/** True when the issue meets the commit anywhere. */
const saysAnything = ({ columns }: Findings): boolean => ASKED.some((feature) => columns[feature].some((x) => x > 0))

function scoresOf({ ground, columns }: Findings): Float64Array {
  const scores = new Float64Array(ground.rows.length)
  for (const feature of FEATURES) {
    const [weight, column] = [WEIGHTS[feature], columns[feature]]
    for (let row = 0; row < scores.length; row++) scores[row] = (scores[row] ?? 0) + weight * (column[row] ?? 0)
  }
  return scores
}

const TOLD: Partial<Record<Feature, string>> = {
  content: 'its text fits the issue',
  identifiers: 'it uses the identifiers of the issue',
  best_function: 'a function of it fits the issue',
  file_name: 'its name is in the issue',
  folder_name: 'its folder is in the issue',
  function_name: 'a function of it is called after the issue',
  message: 'a message of the issue is made there',
  named_path: 'the issue names its path',
  past_change: 'it was changed for a like reason before',
  changed_often: 'it is changed often',
}
/** What is true of many files tells a reader less, whatever it weighs. */
const GENERAL: ReadonlySet<Feature> = new Set([
  'content',
  'identifiers',
  'best_function',
  'folder_name',
  'changed_often',
])
const GENERAL_SHARE = 0.4
const TOLD_FROM = 0.5
const MOST_REASONS = 4

/** What counted most, in words, the particular before the general; what every file has is no reason. */
function reasonsOf({ columns, definitions }: Findings, row: number): readonly string[] {
  const names = definitions
    .names(row)
    .slice(0, 3)
    .map((name) => `\`${name}\``)
  const told = FEATURES.flatMap((feature) => {
    const said = feature === 'defines' && names.length > 0 ? `it defines ${names.join(', ')}` : TOLD[feature]
    const value = columns[feature][row] ?? 0
    const worth = WEIGHTS[feature] * value * (GENERAL.has(feature) ? GENERAL_SHARE : 1)
    return said === undefined || value < TOLD_FROM || worth <= 0 ? [] : [{ said, worth }]
  })
  return told
    .sort((a, b) => b.worth - a.worth)
    .slice(0, MOST_REASONS)
    .map(({ said }) => said)
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000
