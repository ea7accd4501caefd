import type { PhaseNumber, WeighedCriterion } from '#domain/autonomy'
import { GanderError } from '#domain/failure'
import type { AutonomyView, TenantAutonomy } from '#ports'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { recordedLines } from '../screen/calibration.ts'
import { money } from '../screen/figures.ts'
import { paintFor, type Paint } from '../screen/paint.ts'

interface MoveFlags {
  readonly by?: string
  readonly reason?: string
  readonly override?: boolean
}

/** `gander autonomy`: how far task classes have come, and moving them. */
export const addAutonomy: Verb = (program, cli) => {
  const autonomy = program
    .command('autonomy')
    .summary('how far task classes have come, and what the next phase takes')
    .description('Shows the rollout phase of each task class, its exit criteria and what its runs showed.')
    .option('--json', 'one JSON array on one line')
    .action(async ({ json }: { readonly json?: boolean }) => await show(cli, json === true))
  autonomy
    .command('move')
    .description('Moves a task class to another phase: one up where its criteria are met, or any number down.')
    .argument('<task-class>', 'the class, as `gander autonomy` names it')
    .argument('<phase>', '0 to 6')
    .option('--by <name>', 'who moves it (default: you)')
    .option('--reason <text>', 'why, for the record')
    .option('--override', 'against its criteria; needs a reason, and the record says so')
    .action(
      async (task_class: string, typed: string, flags: MoveFlags) => await move(cli, { task_class, typed, flags }),
    )
}

function autonomyOf({ autonomy }: { readonly autonomy?: TenantAutonomy }): TenantAutonomy {
  if (autonomy !== undefined) return autonomy
  throw new GanderError('usage', 'This server does not offer how far task classes have come.', {
    remedy: 'Run the command on the machine of the server, or use a newer server.',
  })
}

async function show(cli: Cli, json: boolean): Promise<void> {
  const [views, gates] = await withPlatform(cli, 'read', async (platform) => {
    const autonomy = autonomyOf(platform)
    return [await autonomy.view(), (await autonomy.gates?.()) ?? []] as const
  })
  if (json) return printJson(cli, views)
  const paint = paintFor(cli.environment.stdout, cli.environment.env)
  const classes =
    views.length === 0
      ? ['No run has ended yet; a task class is shown once one has.']
      : views.flatMap((view, at) => [...(at === 0 ? [] : ['']), ...lines(view, paint)])
  print(cli, [...classes, ...recordedLines(gates, paint)])
}

interface Move {
  readonly task_class: string
  readonly typed: string
  readonly flags: MoveFlags
}

const PHASES: readonly PhaseNumber[] = [0, 1, 2, 3, 4, 5, 6]

async function move(cli: Cli, { task_class, typed, flags }: Move): Promise<void> {
  const to = PHASES.find((phase) => String(phase) === typed)
  if (to === undefined) throw new GanderError('usage', `${JSON.stringify(typed)} is no phase. Phases go from 0 to 6.`)
  const { by = cli.environment.user, reason = '', override = false } = flags
  const moved = await withPlatform(cli, 'read', (platform) =>
    autonomyOf(platform).move(task_class, { to, by, reason, override }),
  )
  print(cli, lines(moved, paintFor(cli.environment.stdout, cli.environment.env)))
}

function lines(view: AutonomyView, paint: Paint): readonly string[] {
  const { figures } = view
  const row = (label: string, text: string) => `  ${paint.dim(label.padEnd(8))}  ${text}`
  const cost = figures.cost_per_success_usd === null ? '' : `, ${money(figures.cost_per_success_usd)} a success`
  const moved = view.moved_by === null ? '' : ` since ${view.moved_at ?? ''} by ${view.moved_by}`
  return [
    paint.strong(view.task_class),
    row('phase', `${view.phase}, ${view.name}${moved}`),
    row('runs', `${figures.successful} of ${figures.runs} completed, ${figures.retries} retries${cost}`),
    row(
      'level',
      `${view.earned_level} earned${view.missing.length === 0 ? '' : `; the next lacks ${view.missing.join('; ')}`}`,
    ),
    ...view.criteria.map((each, at) => row(at === 0 ? 'exit' : '', criterion(each, paint))),
  ]
}

function criterion({ metric, must, value, measured, met }: WeighedCriterion, paint: Paint): string {
  const shown = measured === null ? 'not measured' : figure(measured)
  const text = `${metric.replaceAll('_', ' ')}: ${shown}, wanted at ${must} ${figure(value)}`
  return met ? paint.good(`✓ ${text}`) : paint.warn(`· ${text}`)
}

const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(3))
