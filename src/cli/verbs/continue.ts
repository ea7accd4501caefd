import type { BudgetLimits } from '#domain/budget'
import { print, withPlatform, type Cli, type Verb } from '../cli.ts'
import { workOnRun } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { keysFor } from '../order.ts'
import { amount, whole } from './run.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

interface ContinueFlags {
  readonly addCost?: number
  readonly addMinutes?: number
  readonly addSteps?: number
  readonly addTokens?: number
  readonly addRepairs?: number
  readonly json?: boolean
}

/** `gander continue RUN`: go on with a run that waits; an ended one starts again as a new run. */
export const addContinue: Verb = (program, cli) => {
  program
    .command('continue')
    .summary('go on with a run that waits')
    .description('Goes on with a run that waits, from where it stopped. One that has ended starts again as a new run.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--add-cost <usd>', 'US dollars on top of its limit', amount)
    .option('--add-minutes <n>', 'minutes on top of its limit', amount)
    .option('--add-steps <n>', 'steps on top of its limit', whole)
    .option('--add-tokens <n>', 'tokens on top of its limit', whole)
    .option('--add-repairs <n>', 'repair rounds on top of its limit', whole)
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
    .action(async (typed: string, flags: ContinueFlags) => await goOn(cli, typed, flags))
}

async function goOn(cli: Cli, typed: string, flags: ContinueFlags): Promise<void> {
  const { environment } = cli
  const json = flags.json === true
  await withPlatform(cli, 'work', async (platform) => {
    const before = await requireView(platform, await findRun(platform, typed))
    const keys = keysFor(before.task.agent, { env: environment.env, saved: await environment.keys.read() })
    const view = await platform.continue(before.run.id, added(flags), environment.user, keys)
    if (!json && view.run.id !== before.run.id) print(cli, [`${before.run.id} has ended; ${view.run.id} starts again`])
    cli.ended(await workOnRun(view.run.id, { environment, platform, json }))
  })
}

const added = (flags: ContinueFlags): Partial<BudgetLimits> => ({
  ...(flags.addCost === undefined ? {} : { max_cost_usd: flags.addCost }),
  ...(flags.addMinutes === undefined ? {} : { max_minutes: flags.addMinutes }),
  ...(flags.addSteps === undefined ? {} : { max_steps: flags.addSteps }),
  ...(flags.addTokens === undefined ? {} : { max_tokens: flags.addTokens }),
  ...(flags.addRepairs === undefined ? {} : { max_repairs: flags.addRepairs }),
})
