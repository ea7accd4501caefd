import type { RunView, StepRecord } from '#ports'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { commandName } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { whyItWaits } from '../why-it-waits.ts'
import { money, span } from '../screen/figures.ts'
import { outcomeJson } from '../screen/outcome-json.ts'
import { outcomeLines } from '../screen/outcome.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine, plainText, wrap } from '../screen/plain-text.ts'
import { STATE_NAMES } from '../screen/live-progress.ts'
import { table } from '../screen/table.ts'
import { termsOf } from '../screen/terms.ts'
import { riskReadings, riskSentence } from './risk-lines.ts'
import { strengthLines } from './strength-lines.ts'
import { planLines } from './plan-lines.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

interface ShowFlags {
  readonly steps?: boolean
  readonly json?: boolean
}

/** `gander show RUN`: everything a person asks about one run. */
export const addShow: Verb = (program, cli) => {
  program
    .command('show')
    .summary('one run: contract, gates, steps, outcome')
    .description('Shows a run: its contract, gates, last steps, outcome and what to do next.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--steps', 'every step instead of the last ones')
    .option('--json', 'one JSON object on one line')
    .action(async (typed: string, flags: ShowFlags) => {
      await withPlatform(cli, 'read', async (platform) => {
        const view = await requireView(platform, await findRun(platform, typed))
        const change = view.run.facts.tree === null ? undefined : await platform.diff(view.run.id)
        if (flags.json === true)
          return printJson(cli, {
            ...outcomeJson(view, change),
            task: view.task,
            steps: view.steps,
            artifacts: view.artifacts,
          })
        const held = view.run.state === 'queued' ? await whyItWaits(platform, async () => view) : []
        const risk = (await riskReadings(platform, view)).slice(-1).map(riskSentence)
        const { stdout, env } = cli.environment
        const paint = paintFor(stdout, env)
        const summary = {
          view,
          change,
          paint,
          columns: stdout.columns(),
          command: commandName(cli.environment),
        }
        print(cli, [
          ...contract(cli, view, paint),
          ...risk.map((line) => `  ${paint.dim('risk'.padEnd(10))}  ${plainLine(line)}`),
          ...held.map((line) => `  ${paint.warn(line)}`),
          ...(await planLines(platform, view, { paint, width: Math.min(stdout.columns(), 110) })),
          ...gates(view, paint),
          ...(await strengthLines(platform, view, { paint, width: stdout.is_terminal ? stdout.columns() : 400 })),
          ...steps(cli, view, flags),
          ...outcomeLines(summary),
        ])
      })
    })
}

function contract(cli: Cli, { run, task }: RunView, paint: Paint): readonly string[] {
  const width = Math.min(cli.environment.stdout.columns() - 16, 100)
  const row = (label: string, text: string) =>
    wrap(plainText(text).replaceAll(/[\n\t]+/g, ' '), width).map(
      (line, index) => `  ${paint.dim((index === 0 ? label : '').padEnd(10))}  ${line}`,
    )
  const criteria = task.success_criteria.flatMap((criterion) =>
    row('criterion', `${criterion.text}${criterion.origin === 'derived' ? ' (derived)' : ''}`),
  )
  return [
    paint.strong(plainLine(task.title)),
    ...row('run', `${run.id}, ${STATE_NAMES[run.state]}`),
    ...row(
      'repository',
      `${task.repository}${run.facts.base_sha === null ? '' : ` @ ${run.facts.base_sha.slice(0, 12)}`}`,
    ),
    ...row('mode', task.mode),
    ...termsOf(task)
      .filter(([label]) => label !== 'risk')
      .flatMap(([label, text]) => row(label, text)),
    ...criteria,
    ...task.constraints.flatMap((constraint) => row('constraint', constraint)),
  ]
}

const GATE_MARKS = { pass: '✓', fail: '✗', unavailable: '?', not_required: '–' } as const

function gates({ run }: RunView, paint: Paint): readonly string[] {
  const answers = Object.entries(run.facts.gates)
  if (answers.length === 0) return []
  const inks = { pass: paint.good, fail: paint.bad, unavailable: paint.warn, not_required: paint.dim }
  return [
    '',
    paint.strong('Gates'),
    ...answers.map(([gate, answer]) => `  ${inks[answer](GATE_MARKS[answer])} ${gate.replaceAll('_', ' ')}`),
  ]
}

const LAST_STEPS = 8

function steps(cli: Cli, { steps: all }: RunView, flags: ShowFlags): readonly string[] {
  if (all.length === 0) return []
  const shown = flags.steps === true ? all : all.slice(-LAST_STEPS)
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const title = shown.length < all.length ? `Last ${shown.length} of ${all.length} steps (--steps shows all)` : 'Steps'
  const rows = table(shown.map(stepRow), { width: stdout.is_terminal ? stdout.columns() : 400, indent: '  ' })
  return ['', paint.strong(title), ...rows]
}

function stepRow(step: StepRecord): readonly string[] {
  const took = step.outcome_at === null ? 'open' : span(Date.parse(step.outcome_at) - Date.parse(step.intent_at))
  return [String(step.n), took, step.cost_usd > 0 ? money(step.cost_usd) : '', plainLine(step.key)]
}
