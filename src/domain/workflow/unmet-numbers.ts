import type { Finding } from '../gate/index.ts'
import type { GateNumbers } from './profile.ts'

/** What the platform measured of the tests of a change. */
export interface TestFigures {
  /** Share of lines that tests reach, 0 to 1; null where nobody measured. */
  readonly coverage: number | null
  /** Tests that do not pass on the proposed tree, those that failed before among them. */
  readonly failing: number
}

/** What is on record about the review of a change; without a judge there is nothing to count. */
export interface ReviewFigures {
  /** What the review leaves to people. */
  readonly blockers: number
  /** 1 where the review takes the change for one of high risk. */
  readonly critical: number
}

const short = (rule: string, message: string): Finding => ({ rule: `level.${rule}`, message, severity: 'error' })

/** What keeps a verification from being enough for a profile; what nobody measured reaches no figure. */
export function unmetByTests(
  { coverage_min, all_pass }: GateNumbers,
  { coverage, failing }: TestFigures,
): readonly Finding[] {
  const unmet: Finding[] = []
  if (all_pass && failing > 0)
    unmet.push(
      short('all_pass', `${failing} ${failing === 1 ? 'test does' : 'tests do'} not pass, and every test must`),
    )
  if (coverage_min !== null && coverage === null)
    unmet.push(short('coverage_min', `nobody measured how much the tests reach, and ${coverage_min} % must be reached`))
  if (coverage_min !== null && coverage !== null && coverage * 100 < coverage_min)
    unmet.push(
      short('coverage_min', `tests reach ${Math.floor(coverage * 100)} %, and ${coverage_min} % must be reached`),
    )
  return unmet
}

/** What keeps a review from being enough. */
export function unmetByReview(
  { max_blockers, max_critical }: GateNumbers,
  { blockers, critical }: ReviewFigures,
): readonly Finding[] {
  const unmet: Finding[] = []
  if (max_blockers !== null && blockers > max_blockers)
    unmet.push(
      short('max_blockers', `the review leaves ${blockers} things to people, and ${max_blockers} are let through`),
    )
  if (max_critical !== null && critical > max_critical)
    unmet.push(short('max_critical', 'the review takes the change for one of high risk'))
  return unmet
}

/** What keeps a change from being published; undefined where nothing does. */
export function tooManyFiles({ max_files_changed }: GateNumbers, files: number): string | undefined {
  return max_files_changed !== null && files > max_files_changed
    ? `${files} files are changed, and ${max_files_changed} are published without a person`
    : undefined
}
