import { isLater } from '#domain/kill-switch'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { ago } from '../screen/figures.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { withControls, wordsOfScope } from './switch-scope.ts'

/** `gander switches`: what is stopped, since when, and by whom. */
export const addSwitches: Verb = (program, cli) => {
  program
    .command('switches')
    .summary('what is stopped, since when, by whom')
    .description('Shows every kill switch that was ever moved, and whether the scheduler stands still.')
    .option('--json', 'one JSON object on one line')
    .action(async ({ json }: { readonly json?: boolean }) => showSwitches(cli, json === true))
}

/** Prints what holds now: switches that were ever moved, and pauses of the scheduler. */
export async function showSwitches(cli: Cli, json: boolean): Promise<void> {
  const { reading, pauses } = await withControls(cli, async ({ tenant_id, switches, governance }) => {
    const [now, paused] = await Promise.all([switches.read(tenant_id), governance.schedulerPauses(tenant_id)])
    return { reading: now, pauses: paused }
  })
  const whole = isLater(reading, undefined)
  if (json) return printJson(cli, { ...reading, whole, scheduler_pauses: pauses })
  const { environment } = cli
  const { stdout, env } = environment
  const paint = paintFor(stdout, env)
  const rows = reading.switches.map(({ scope, actions, epoch, moved_by, moved_at, reason }) => [
    actions.length === 0 ? 'open' : 'stopped',
    wordsOfScope(scope),
    `epoch ${epoch}`,
    `${moved_by}, ${ago(environment.now() - Date.parse(moved_at))}`,
    plainLine([actions.join(', '), reason].filter((text) => text !== '').join(': ')),
  ])
  const lines = table(rows, {
    width: stdout.is_terminal ? stdout.columns() : 400,
    paint: (cell, row, column) => {
      const stopped = rows[row]?.[0] === 'stopped'
      if (column === 0) return stopped ? paint.bad(cell) : paint.good(cell)
      return column === 1 ? cell : paint.dim(cell)
    },
  })
  const standing = pauses.map(
    ({ tenant_id, paused_by, reason }) =>
      `${paint.warn('paused')}  scheduler of ${tenant_id ?? 'every tenant'}, by ${paused_by}${reason === '' ? '' : `: ${plainLine(reason)}`}`,
  )
  const broken = whole ? [] : [paint.bad('A switch is missing from the record: everything counts as stopped.')]
  const nothing = rows.length + standing.length === 0 ? ['Nothing was ever stopped.'] : []
  print(cli, [...broken, ...lines, ...standing, ...nothing])
}
