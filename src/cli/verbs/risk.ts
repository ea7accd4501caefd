import { GanderError } from '#domain/failure'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { riskReadings } from './risk-lines.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

type Reading = Awaited<ReturnType<typeof riskReadings>>[number]

/** `gander risk RUN`: how risky a run was found to be, by which rules, and what that asks for. */
export const addRisk: Verb = (program, cli) => {
  program
    .command('risk')
    .summary('how risky a run is, and why')
    .description('Explains the risk of a run: each reading with its reasons, what it reaches and who must agree.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--json', 'one JSON array on one line, a reading each')
    .action(async (typed: string, { json }: { readonly json?: boolean }) => {
      await withPlatform(cli, 'read', async (platform) => {
        const view = await requireView(platform, await findRun(platform, typed))
        const readings = await riskReadings(platform, view)
        if (json === true) return printJson(cli, readings)
        if (readings.length === 0)
          throw new GanderError('run_not_in_state', `The risk of run ${view.run.id} was not read yet.`)
        print(cli, page(cli, readings))
      })
    })
}

function page(cli: Cli, readings: readonly Reading[]): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const width = stdout.is_terminal ? stdout.columns() : 1000
  return readings.flatMap((reading, at) => [
    ...(at === 0 ? [] : ['']),
    `${paint.strong(reading.stage === 'intake' ? 'Before work' : 'After the change')}  ${tierInk(reading, paint)(reading.tier)}`,
    ...table(
      reading.reasons.map(({ signal, reason, tier }) => [signal.replaceAll('_', ' '), tier, plainLine(reason)]),
      { width, indent: '  ', paint: (cell, _, column) => (column === 2 ? cell : paint.dim(cell)) },
    ),
    ...asked(reading, paint),
  ])
}

function asked({ max_autonomy_tier, max_level, required_approvals, forbidden_actions, rules }: Reading, paint: Paint) {
  const row = (label: string, text: string) => `  ${paint.dim(label.padEnd(10))}  ${text}`
  const listed = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))
  return [
    row('autonomy', `tier ${max_autonomy_tier} at most, level ${max_level} where it leaves this machine`),
    row('approvals', listed(required_approvals)),
    row('forbidden', listed(forbidden_actions)),
    row('rules', rules.slice(0, 16)),
  ]
}

const tierInk = ({ tier }: Reading, paint: Paint) =>
  tier === 'low' ? paint.good : tier === 'medium' ? paint.warn : paint.bad
