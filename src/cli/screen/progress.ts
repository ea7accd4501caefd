import type { EventName, LedgerEvent } from '#domain/event'
import { isActive, RUN_STATES, type RunState } from '#domain/run'
import { noteOf, readFacts, type Facts } from './event-notes.ts'
import type { Progress } from './progress-state.ts'

/** A finished stretch of a run, or something worth a line of its own. */
export interface ProgressLine {
  readonly kind: 'passed' | 'sent_back' | 'stopped' | 'notice' | 'alarm'
  /** The state that ended; absent for notices. */
  readonly state?: RunState
  readonly duration_ms?: number
  readonly cost_usd?: number
  readonly note: string
}

/** A run nothing is known about yet. */
export const startOfProgress = (now: number): Progress => ({
  state: 'queued',
  since: now,
  cost_usd: 0,
  total_usd: 0,
  now: 'waits for a worker',
  notes: {},
  files: [],
})

interface Step {
  readonly progress: Progress
  readonly lines: readonly ProgressLine[]
}

/** Folds one event in and gives the lines it closes. Facts that are missing or odd are left out, never thrown over. */
export function observe(before: Progress, event: LedgerEvent): Step {
  const at = Date.parse(event.created_at) || before.since
  const facts = readFacts(event.facts)
  const move = MOVES[event.event]
  if (move !== undefined) return move({ before, at, facts })
  return { progress: noteOf(before, event.event, facts), lines: alarms(event.event, facts) }
}

interface Moment {
  readonly before: Progress
  readonly at: number
  readonly facts: Facts
}

/** Events that move a run or end it. */
const MOVES: { readonly [event in EventName]?: (moment: Moment) => Step } = {
  run_state_changed: ({ before, at, facts }) => moved(before, at, readState(facts.text('to'))),
  run_leased: ({ before, at, facts }) => ({
    progress: { ...before, state: 'leased', since: at, now: 'a worker has it' },
    lines: attemptLines(facts),
  }),
  run_continued: ({ before, at, facts }) =>
    notice({ ...before, state: 'queued', since: at }, `continued by ${facts.text('by') ?? 'a person'}`),
  run_returned_to_queue: ({ before, at, facts }) => {
    const why = facts.text('reason') === 'lease_expired' ? 'its worker is gone; back in the queue' : 'back in the queue'
    return notice({ ...before, state: 'queued', since: at, now: 'waits for a worker' }, why)
  },
  run_paused: ({ before, at, facts }) => stopped(before, at, `paused: ${facts.text('reason') ?? ''}`),
  run_failed: ({ before, at, facts }) => stopped(before, at, facts.text('what') ?? ''),
  run_cancelled: ({ before, at, facts }) => stopped(before, at, `cancelled by ${facts.text('by') ?? 'a person'}`),
  run_completed: ({ before, at, facts }) => completed(before, at, readState(facts.text('terminal_state'))),
}

const stopped = (before: Progress, at: number, note: string): Step => ({
  progress: before,
  lines: closing(before, at, 'stopped', note),
})

function moved(before: Progress, at: number, to: RunState | undefined): Step {
  if (to === undefined) return { progress: before, lines: [] }
  const back = to === 'repairing' && (before.state === 'verifying' || before.state === 'judging')
  const lines = closing(before, at, back ? 'sent_back' : 'passed', '')
  return { progress: entered(before, to, at), lines }
}

const entered = (before: Progress, state: RunState, at: number): Progress => ({
  ...before,
  state,
  since: at,
  cost_usd: 0,
  now: OPENING[state] ?? '',
  notes: {},
})

const OPENING: { readonly [state in RunState]?: string } = {
  preparing: 'clones the repository',
  reproducing: 'runs the tests on the base commit',
  planning: 'asks the model for a plan',
  editing: 'asks the model',
  repairing: 'asks the model',
  verifying: 'verifies the tree in a clean sandbox',
  judging: 'asks the judge',
  pr_preparing: 'makes branch and commit',
  pr_created: 'seals the evidence',
}

function closing(before: Progress, at: number, kind: ProgressLine['kind'], note: string): readonly ProgressLine[] {
  if (!isActive(before.state) || before.state === 'leased') return note === '' ? [] : [{ kind, note }]
  const notes = [...Object.values(before.notes), ...(note === '' ? [] : [note])].join(', ')
  return [{ kind, state: before.state, duration_ms: at - before.since, cost_usd: before.cost_usd, note: notes }]
}

function completed(before: Progress, at: number, end: RunState | undefined): Step {
  const lines = end === 'completed' ? closing(before, at, 'passed', '') : []
  return { progress: { ...before, state: end ?? before.state, since: at, now: '' }, lines }
}

const notice = (progress: Progress, note: string): Step => ({ progress, lines: [{ kind: 'notice', note }] })

function attemptLines(facts: Facts): readonly ProgressLine[] {
  const attempt = facts.number('attempt') ?? 1
  return attempt > 1 ? [{ kind: 'notice', note: `picked up again, attempt ${attempt}` }] : []
}

function alarms(event: EventName, facts: Facts): readonly ProgressLine[] {
  if (event === 'incident_opened')
    return [
      { kind: 'alarm', note: `incident: ${facts.text('kind') ?? 'unknown'} in ${facts.text('where') ?? 'the run'}` },
    ]
  if (event === 'model_call_unknown')
    return [{ kind: 'notice', note: 'a model call was interrupted; it counts as spent and is sent once more' }]
  return []
}

const readState = (text: string | undefined): RunState | undefined => RUN_STATES.find((state) => state === text)
