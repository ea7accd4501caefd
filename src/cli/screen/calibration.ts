import { lowerBound, type GateStrength, type Share } from '#domain/autonomy'
import type { GateTrial, JudgeTrial, RecordedStrength, StandingMove } from '#ports'
import { money } from './figures.ts'
import type { Paint } from './paint.ts'

/** A table of gates: what each caught, at least how much that shows, its floor and its false alarms. */
export function gateLines(found: GateTrial, paint: Paint): readonly string[] {
  const of = found.repository ?? 'the program’s own repository'
  const slipped = found.misses.filter(({ kind }) => kind === 'slipped_through')
  const alarms = found.misses.filter(({ kind }) => kind === 'false_alarm')
  return [
    paint.strong(`Gates against sabotage of ${of}`),
    ...strengthLines(found.gates, paint),
    ...found.not_measured.map(({ gate, reason }) => `  ${gate.padEnd(WIDE)}  ${paint.dim(`not measured: ${reason}`)}`),
    ...list(
      'slipped through',
      slipped.map(({ gate, name, reason }) => `${gate}: ${name} (${reason})`),
      paint.bad,
    ),
    ...list(
      'false alarms',
      alarms.map(({ gate, name, reason }) => `${gate}: ${name} (${reason})`),
      paint.warn,
    ),
    ...list('nothing to sabotage', found.not_applied, paint.dim),
  ]
}

const WIDE = 16

/** The same table of what is on record. */
function strengthLines(gates: readonly GateStrength[], paint: Paint): readonly string[] {
  const head = `  ${'gate'.padEnd(WIDE)}  ${'caught'.padStart(9)}  ${'at least'.padStart(8)}  ${'floor'.padStart(6)}  ${'false alarms'.padStart(12)}  standing`
  return [
    paint.dim(head),
    ...gates.map(({ gate, caught, false_alarms, floor, standing }) => {
      const mark = standing === 'proof' ? paint.good(standing) : paint.bad(standing)
      return `  ${gate.padEnd(WIDE)}  ${share(caught).padStart(9)}  ${percent(lowerBound(caught)).padStart(8)}  ${percent(floor).padStart(6)}  ${share(false_alarms).padStart(12)}  ${mark}`
    }),
  ]
}

/** What is on record of gates, by the repository that was sabotaged; nothing where nobody calibrated. */
export function recordedLines(gates: readonly RecordedStrength[], paint: Paint): readonly string[] {
  const repositories = [...new Set(gates.map(({ repository }) => repository))]
  return repositories.flatMap((of) => [
    '',
    paint.strong(`gates${of === null ? '' : ` on ${of}`}`),
    ...strengthLines(
      gates.filter(({ repository }) => repository === of),
      paint,
    ),
  ])
}

/** What a model's judgements of the set came to. */
export function judgeLines(found: JudgeTrial, paint: Paint): readonly string[] {
  const row = (label: string, text: string) => `  ${paint.dim(label.padEnd(WIDE))}  ${text}`
  const whole = (label: string, value: Share | null) => (value === null ? [] : [row(label, shareWithBound(value))])
  return [
    paint.strong(`${found.model} judges ${found.cases} cases by ${found.rubric_version}`),
    row('recall', `${shareWithBound(found.recall)} of the bad changes failed`),
    row('precision', `${shareWithBound(found.precision)} of what it failed was bad`),
    row('false alarms', shareWithBound(found.false_alarms)),
    ...found.checks.map(({ check, named }) => row(check, `${share(named)} of the cases that must fail by it`)),
    ...whole('another order', found.same_in_other_order),
    ...whole('injected text', found.same_with_injected_text),
    row(
      'unavailable',
      `${found.unavailable}${found.not_asked > 0 ? `, ${found.not_asked} not asked for want of money` : ''}`,
    ),
    row('cost', money(found.cost_usd)),
    ...list(
      'judged otherwise',
      found.mistakes.map(({ name, expected, said, reason }) => `${name}: ${said}, not ${expected} (${reason})`),
      paint.warn,
    ),
  ]
}

/** What a calibration moved, and what that means. */
export function moveLines(moves: readonly StandingMove[], recorded: boolean, paint: Paint): readonly string[] {
  if (!recorded) return ['', paint.dim('Nothing was recorded.')]
  if (moves.length === 0) return ['', paint.dim('Recorded; no gate moved.')]
  return [
    '',
    ...moves.map(({ gate, to }) =>
      to === 'advice'
        ? paint.bad(
            `${gate} is advice from now on: tasks get level 2 at most, and people agree before anything is published.`,
          )
        : paint.good(`${gate} counts as a proof again.`),
    ),
  ]
}

const share = ({ hits, of }: Share): string => `${hits} of ${of}`
const percent = (value: number): string => `${(value * 100).toFixed(0)} %`
const shareWithBound = (value: Share): string =>
  value.of === 0 ? 'nothing to count' : `${share(value)}, at least ${percent(lowerBound(value))}`

const list = (title: string, lines: readonly string[], ink: (text: string) => string): readonly string[] =>
  lines.length === 0 ? [] : ['', `  ${title}`, ...lines.map((line) => `    ${ink(line)}`)]
