import type { LedgerEvent } from '#domain/event'
import type { RunState } from '#domain/run'
import type { CliEnvironment, Screen } from '../environment.ts'
import { money, span } from './figures.ts'
import { paintFor, type Paint } from './paint.ts'
import { cut, plainLine } from './plain-text.ts'
import type { Progress } from './progress-state.ts'
import { observe, startOfProgress, type ProgressLine } from './progress.ts'

/** Shows a run while it goes on: a line for each finished state and, on a terminal, a live one for what happens now. */
export interface LiveProgress {
  show(event: LedgerEvent): void
  /** Replaces what happens now, for things that are no event. */
  say(what: string): void
  /** A line of its own that stays. */
  note(line: string): void
  /** Takes the live line away and stops. */
  close(): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const MARKS: Readonly<Record<ProgressLine['kind'], string>> = {
  passed: '✓',
  sent_back: '↺',
  stopped: '■',
  notice: '·',
  alarm: '!',
}

/** States in the words of people. */
export const STATE_NAMES: Readonly<Record<RunState, string>> = {
  queued: 'queued',
  leased: 'leased',
  preparing: 'preparing',
  reproducing: 'reproducing',
  planning: 'planning',
  editing: 'editing',
  verifying: 'verifying',
  repairing: 'repairing',
  judging: 'judging',
  pr_preparing: 'preparing PR',
  pr_created: 'PR created',
  awaiting_approval: 'awaiting approval',
  paused: 'paused',
  completed: 'completed',
  blocked_policy: 'blocked by policy',
  needs_human: 'needs a person',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** Starts showing a run on a screen. */
export function liveProgress(environment: CliEnvironment, screen: Screen): LiveProgress {
  const paint = paintFor(screen, environment.env)
  const moving = screen.is_terminal && environment.env['TERM'] !== 'dumb'
  let progress = startOfProgress(environment.now())
  let frame = 0
  let drawn = false
  // The database's clock may differ from this one; the live line counts from when the state's event arrived.
  let arrived = environment.now()
  const wipe = () => {
    if (drawn) screen.write('\r\u001b[2K')
    drawn = false
  }
  const draw = () => {
    if (!moving) return
    screen.write(
      `\r\u001b[2K${liveLine(progress, environment.now() - arrived, FRAMES[frame % FRAMES.length] ?? '', { paint, screen })}`,
    )
    drawn = true
  }
  const stop = moving
    ? environment.every(100, () => {
        frame++
        draw()
      })
    : () => {}
  return {
    show: (event) => {
      const step = observe(progress, event)
      if (step.progress.state !== progress.state) arrived = environment.now()
      progress = step.progress
      wipe()
      for (const line of step.lines) screen.write(`${progressLine(line, { paint, screen })}\n`)
      draw()
    },
    say: (what) => {
      progress = { ...progress, now: plainLine(what) }
      draw()
    },
    note: (line) => {
      wipe()
      screen.write(`  ${paint.warn('·')} ${paint.warn(plainLine(line))}\n`)
      draw()
    },
    close: () => {
      stop()
      wipe()
    },
  }
}

interface Surface {
  readonly paint: Paint
  readonly screen: Screen
}

const FIGURES = { state: 14, time: 11, cost: 9 }
const INDENT = 2 + 1 + 1 + FIGURES.state + 1 + FIGURES.time + 2 + FIGURES.cost + 3

function liveLine(progress: Progress, elapsed: number, frame: string, { paint, screen }: Surface): string {
  const name = STATE_NAMES[progress.state].padEnd(FIGURES.state)
  const figures = `${span(elapsed).padStart(FIGURES.time)}  ${money(progress.cost_usd).padStart(FIGURES.cost)}`
  const room = screen.columns() - INDENT - 1
  return `  ${paint.link(frame)} ${paint.strong(name)} ${paint.dim(figures)}   ${paint.dim(cut(progress.now, room))}`
}

function progressLine(line: ProgressLine, { paint, screen }: Surface): string {
  const ink = { passed: paint.good, sent_back: paint.warn, stopped: paint.warn, notice: paint.dim, alarm: paint.bad }[
    line.kind
  ]
  if (line.state === undefined) {
    const note = screen.is_terminal ? cut(line.note, screen.columns() - 5) : line.note
    return `  ${ink(MARKS[line.kind])} ${line.kind === 'alarm' ? paint.bad(note) : paint.dim(note)}`
  }
  const name = STATE_NAMES[line.state].padEnd(FIGURES.state)
  const figures = `${span(line.duration_ms ?? 0).padStart(FIGURES.time)}  ${money(line.cost_usd ?? 0).padStart(FIGURES.cost)}`
  const note = screen.is_terminal ? cut(line.note, screen.columns() - INDENT - 1) : line.note
  return `  ${ink(MARKS[line.kind])} ${name} ${figures}   ${paint.dim(note)}`.trimEnd()
}
