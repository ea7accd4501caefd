import type { Finding, GateName } from './verdict.ts'

/**
 * What one check of a change came to. `clean`: looked and found nothing; `noted`: found what a person should know;
 * `violated`: found what stops the change; `unavailable`: could not look; `not_asked`: nothing in the task or the change
 * calls for it, and `said` tells why.
 */
type BoundaryAnswer = 'clean' | 'noted' | 'violated' | 'unavailable' | 'not_asked'

/**
 * A changed file that a check did not look into. `over_the_limit`: others took what may be spent where no constraint
 * asks; `no_reader`: nothing here reads its language; `no_tree`: it is too large, or takes too long, to be parsed.
 */
export interface NotRead {
  readonly path: string
  readonly reason: 'over_the_limit' | 'no_reader' | 'no_tree'
}

/** One check over a change, also when it found nothing. */
export interface BoundaryCheck {
  /** Such as `secrets_delta` or `public_api`. */
  readonly check: string
  /** The gate whose verdict it is part of. */
  readonly gate: GateName
  readonly answer: BoundaryAnswer
  /** How many things were looked at; what they are stands in `said`. */
  readonly looked_at: number
  /** One sentence: what was looked at and what came of it. */
  readonly said: string
  /** What the check could not look at, and why; absent: it looked at everything. All of them are named. */
  readonly not_read?: readonly NotRead[]
  /** Bounded; `found` counts all of them. */
  readonly findings: readonly Finding[]
  readonly found: number
}

/** Every deterministic check over one proposed tree, in order: kept as the artifact `boundary_report`. */
export interface BoundaryReport {
  readonly schema: 'gander.boundary/v1'
  readonly base_tree: string
  readonly head_tree: string
  readonly checks: readonly BoundaryCheck[]
  /** What a rule could not decide and a person should look at, one sentence each. */
  readonly attention: readonly string[]
}

const MARKS: Readonly<Record<BoundaryAnswer, string>> = {
  clean: 'clean',
  noted: 'to look at',
  violated: 'violated',
  unavailable: 'could not be checked',
  not_asked: 'not asked',
}

/** What a person reads of it: checks with nothing to say by their names alone, and a line for each other one. */
export function boundaryLines({ checks, attention }: BoundaryReport): readonly string[] {
  const named = (answer: BoundaryAnswer, title: string) => {
    const names = checks.filter((check) => check.answer === answer).map(({ check }) => check.replaceAll('_', ' '))
    return names.length === 0 ? [] : [`${title}: ${names.join(', ')}.`]
  }
  return [
    ...checks
      .filter(({ answer }) => answer !== 'clean' && answer !== 'not_asked')
      .map(({ check, answer, said }) => `${check.replaceAll('_', ' ')}: ${MARKS[answer]} (${said})`),
    ...attention.map((what) => `For a person: ${what}`),
    ...named('clean', 'Clean'),
    ...named('not_asked', 'Not asked'),
  ]
}

/** The report in one sentence: how many checks came to what. */
export function boundarySummary({ checks }: BoundaryReport): string {
  const count = (answer: BoundaryAnswer) => checks.filter((check) => check.answer === answer).length
  const told = (Object.keys(MARKS) as BoundaryAnswer[])
    .filter((answer) => count(answer) > 0)
    .map((answer) => `${count(answer)} ${MARKS[answer]}`)
  return `Boundary report: ${checks.length} checks over the diff, ${told.join(', ')}.`
}
