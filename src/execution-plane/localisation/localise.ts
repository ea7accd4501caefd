import { GanderError } from '#domain/failure'
import type { CodeIndex } from '#execution-plane/code-index'
import type { PastCommit, RankedFile, RankedFunction } from '#ports'
import { candidatesOf, FEATURES, type Candidate, type Feature } from './features.ts'
import { readIssue } from './issue.ts'
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

const MOST_FUNCTIONS = 5
/** A function that fits less than so much of the best one of its file is not told. */
const WORTH_TELLING = 0.35

/**
 * The files an issue is probably about, best first, without a model. Equal indexes, issues and histories give equal
 * answers.
 * @throws GanderError `internal` when the index is of another commit
 */
export function localise({ index, commit, issue, past, top }: Question): readonly RankedFile[] {
  if (index.commit !== commit)
    throw new GanderError('internal', `The index is of commit ${index.commit}, the question is about ${commit}.`)
  const asked = readIssue(issue)
  if (asked.terms.size === 0 && asked.paths.length === 0) return []
  return candidatesOf(index, asked, past)
    .map((candidate) => ({ candidate, score: scoreOf(candidate) }))
    .sort((a, b) => b.score - a.score || (a.candidate.path < b.candidate.path ? -1 : 1))
    .slice(0, top)
    .map(({ candidate, score }) => ({
      path: candidate.path,
      score: round(score),
      reasons: reasonsOf(candidate),
      functions: functionsOf(index, candidate),
    }))
}

const scoreOf = ({ features }: Candidate): number =>
  FEATURES.reduce((sum, feature) => sum + WEIGHTS[feature] * features[feature], 0)

function functionsOf(index: CodeIndex, { file, content }: Candidate): readonly RankedFunction[] {
  const facts = index.files[file]?.facts
  const segment = facts === undefined ? undefined : index.segments[facts.segment]
  if (segment === undefined) return []
  const best = content.chunks[0]?.[1] ?? 0
  const functions = content.chunks.flatMap(([chunk, score]) => {
    const at = segment.symbolOfChunk(chunk)
    if (at === undefined || score < best * WORTH_TELLING) return []
    const { name, kind, container, start_line, end_line } = segment.symbol(at)
    const whole = container === undefined ? name : `${container}.${name}`
    return [{ name: whole, kind, start_line, end_line, score: round(score / best) }]
  })
  return functions.slice(0, MOST_FUNCTIONS)
}

const TOLD: Partial<Record<Feature, string>> = {
  content: 'its text fits the issue',
  identifiers: 'it uses the identifiers of the issue',
  best_function: 'a function of it fits the issue',
  file_name: 'its name is in the issue',
  folder_name: 'its folder is in the issue',
  named_path: 'the issue names its path',
  past_change: 'it was changed for a like reason before',
  changed_often: 'it is changed often',
}
const TOLD_FROM = 0.5
const MOST_REASONS = 4

/** What counted most, in words; what every file has is no reason. */
function reasonsOf({ features, defines }: Candidate): readonly string[] {
  const names = defines.slice(0, 3).map((name) => `\`${name}\``)
  const told = FEATURES.flatMap((feature) => {
    const said = feature === 'defines' && names.length > 0 ? `it defines ${names.join(', ')}` : TOLD[feature]
    const worth = WEIGHTS[feature] * features[feature]
    return said === undefined || features[feature] < TOLD_FROM || worth <= 0 ? [] : [{ said, worth }]
  })
  return told
    .sort((a, b) => b.worth - a.worth)
    .slice(0, MOST_REASONS)
    .map(({ said }) => said)
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000
