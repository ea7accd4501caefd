import type { Trust } from '../task/index.ts'
import { phaseKind, shownCommand, type PhaseReport, type VerificationReport } from '../verification/index.ts'
import type { MemoryProposal } from './memory.ts'

/** What a run tried, in order: a verification of a tree, or a command of the agent that left another tree behind. */
export type Attempt =
  | { readonly kind: 'verified'; readonly report: VerificationReport }
  | { readonly kind: 'commanded'; readonly argv: readonly string[] }

/** Where the attempts come from. */
interface Ground {
  /** The base commit as it was verified. */
  readonly before: VerificationReport
  readonly commit: string | null
  /** Trust of whoever wrote the request: what an agent did and what its code printed may be theirs. */
  readonly trust: Trust
}

const MOST_LESSONS = 3
/** A longer cause or command is left out: half of it may say the opposite. */
const LONGEST = 160
const PLAIN_WORD = /^[\w@%+=:,./-]+$/
/** How a repository wants its code to look, as opposed to what it does. */
const HABITS: ReadonlySet<string> = new Set(['format', 'lint', 'types'])

/**
 * Lessons of a run: a phase that passed on the base commit, failed on a change and passed on a later one. What cured it is
 * named where one command left the tree that passed. Trust is the request's at most.
 */
export function lessonsOf(attempts: readonly Attempt[], ground: Ground): readonly MemoryProposal[] {
  const sound = ground.before.phases.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id)
  return sound.flatMap((id) => lessonOf(id, attempts, ground)).slice(0, MOST_LESSONS)
}

function lessonOf(id: string, attempts: readonly Attempt[], ground: Ground): readonly MemoryProposal[] {
  const { before, commit, trust } = ground
  const looks = attempts.map((attempt) =>
    attempt.kind === 'verified' && attempt.report.tree !== before.tree ? phaseIn(attempt.report, id) : undefined,
  )
  const passed = looks.findLastIndex((phase) => phase?.outcome === 'passed')
  const failed = looks.slice(0, Math.max(0, passed)).findLastIndex((phase) => phase?.outcome === 'failed')
  const phase = looks[failed]
  if (phase === undefined) return []
  const cure = cureAmong(attempts.slice(failed + 1, passed))
  const why = causeOf(phase)
  const text = [
    `A change failed \`${shownCommand(phase)}\` (phase ${id}), which passes on the base commit`,
    why === undefined ? '' : `, with “${why}”`,
    cure === undefined ? '; it passed after a repair.' : `; it passed after \`${cure}\` was run.`,
  ]
  const kind = HABITS.has(phaseKind(phase)) ? 'convention' : 'pitfall'
  return [{ kind, text: text.join(''), item: `phase ${id}`, commit, inputs: ['merged', 'tool_output', trust] }]
}

const phaseIn = (report: VerificationReport, id: string): PhaseReport | undefined =>
  report.phases.find((phase) => phase.id === id)

function causeOf({ diagnosis }: PhaseReport): string | undefined {
  const cause = diagnosis?.root_causes[0]?.message.replaceAll(/\s+/g, ' ').trim() ?? ''
  return cause === '' || cause.length > LONGEST ? undefined : cause
}

/** Several commands may have done it together, and edits as well: only a single one is named. */
function cureAmong(between: readonly Attempt[]): string | undefined {
  const commands = between.flatMap((attempt) => (attempt.kind === 'commanded' ? [attempt.argv] : []))
  const [argv, ...others] = commands
  if (argv === undefined || others.length > 0 || !argv.every((word) => PLAIN_WORD.test(word))) return undefined
  const shown = argv.join(' ')
  return shown.length > LONGEST ? undefined : shown
}
