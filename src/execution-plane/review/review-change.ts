import { diffStat, type Change } from '#domain/change'
import type { Verdict } from '#domain/gate'
import { rankFindings, type ReviewFinding, type ReviewReport, type ToldFinding } from '#domain/review'
import { anchored, type Draft, type Hunks } from './changed-lines.ts'
import { checklistOf } from './checklist.ts'
import { completenessOf } from './evidence-completeness.ts'
import { kindOf, type FileKind } from './file-kinds.ts'
import { gateFindings } from './gate-findings.ts'
import { readHunks, type FileHunks } from './numbered-diff.ts'
import { ownFindings } from './own-findings.ts'
import { riskyFiles } from './risky-files.ts'

/** What is reviewed. */
export interface ReviewWish {
  readonly base: ReviewReport['base']
  readonly head: ReviewReport['head']
  readonly compared: ReviewReport['compared']
  readonly change: Change
  /** What the deterministic gates said of the change. */
  readonly verdicts: readonly Verdict[]
  /** Paths of the proposed tree. */
  readonly paths: readonly string[]
  /** A packet's JSON or the pull request's description; null where there is none. */
  readonly evidence: string | null
  /** Fingerprints of an earlier report. */
  readonly earlier: readonly string[]
  /** What a model said; null where none was asked. */
  readonly model: ModelReview | null
}

/** A model's part of a review, as it came. */
export interface ModelReview {
  readonly name: string
  readonly outcome: 'answered' | 'unavailable'
  readonly reason: string
  readonly summary: string
  readonly findings: readonly Draft[]
  readonly questions: readonly string[]
}

const MOST_QUESTIONS = 5

/** Puts a review together. The same change, verdicts and answer of a model give the same report. */
export function reviewChange(wish: ReviewWish): ReviewReport {
  const { change, verdicts, earlier, model } = wish
  const files = readHunks(change.patch)
  const hunks: Hunks = withoutHunks(change, files)
  const first = change.files[0]?.path ?? ''
  const has_tests = wish.paths.some((path) => kindOf(path) === 'test')
  const drafts = [
    ...gateFindings(verdicts, first),
    ...ownFindings(change.files, files, has_tests),
    ...(model?.findings ?? []),
  ]
  const tied = drafts.map((draft) => anchored(draft, hunks)).filter((finding) => finding !== undefined)
  const ranked = rankFindings(tied)
  const now = new Set(tied.map(({ fingerprint }) => fingerprint))
  const kinds = change.files.map(({ path }) => kindOf(path))
  const risky_files = riskyFiles(change.files)
  return {
    schema: 'gander.review/v1',
    base: wish.base,
    head: wish.head,
    compared: wish.compared,
    summary: { ...summaryOf(change, kinds), text: textOf(change, kinds, model) },
    findings: ranked.kept.map((finding) => told(finding, earlier)),
    left_out: {
      over_the_limit: ranked.over_the_limit,
      of_low_weight: ranked.of_low_weight,
      off_the_change: drafts.length - tied.length,
    },
    resolved: earlier.filter((fingerprint) => !now.has(fingerprint)),
    risky_files,
    questions: (model?.questions ?? []).slice(0, MOST_QUESTIONS),
    checklist: checklistOf(new Set(kinds), risky_files),
    evidence: completenessOf(wish.evidence),
    model: model === null ? null : { name: model.name, outcome: model.outcome, reason: model.reason },
  }
}

/** Every changed file by path, also those that a patch has no lines for. */
const withoutHunks = (change: Change, files: readonly FileHunks[]): Hunks =>
  new Map([
    ...change.files.map(({ path }) => [path, { path, lines: [] }] as const),
    ...files.map((file) => [file.path, file] as const),
  ])

const told = (finding: ReviewFinding, earlier: readonly string[]): ToldFinding => ({
  ...finding,
  standing: earlier.includes(finding.fingerprint) ? 'still_open' : 'new',
})

function summaryOf({ files }: Change, kinds: readonly FileKind[]) {
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1
  return { ...diffStat(files), kinds: counts }
}

/** A model's sentence where there is one; what can be counted, else. */
function textOf({ files }: Change, kinds: readonly FileKind[], model: ModelReview | null): string {
  if (model !== null && model.summary !== '') return model.summary
  const areas = [...new Set(files.map(({ path }) => (path.includes('/') ? (path.split('/')[0] ?? path) : path)))]
  const named = areas.slice(0, 4).join(', ') + (areas.length > 4 ? ` and ${areas.length - 4} more places` : '')
  const tests = kinds.filter((kind) => kind === 'test').length
  const tested = tests === 0 ? 'none is a test' : tests === 1 ? '1 is a test' : `${tests} are tests`
  return `${files.length} changed ${files.length === 1 ? 'file' : 'files'} in ${named}; ${tested}.`
}
