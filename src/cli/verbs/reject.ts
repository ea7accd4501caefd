import { print, withPlatform, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { STATE_NAMES } from '../screen/live-progress.ts'
import { answerMany } from './answer-many.ts'
import { RUN_ARGUMENT } from './run-argument.ts'

interface RejectFlags {
  readonly by?: string
  readonly reason?: string
}

/** `gander reject RUN`: say no to what a run asks for, which ends it. */
export const addReject: Verb = (program, cli) => {
  program
    .command('reject')
    .summary('say no to what a run asks for, which ends it')
    .description('Rejects what a run waits for; the run ends, and what it did so far is kept.')
    .argument('<runs...>', RUN_ARGUMENT)
    .option('--by <name>', 'who rejects (default: you)')
    .option('--reason <text>', 'why, for the record')
    .action(async (runs: readonly string[], { by = cli.environment.user, reason = '' }: RejectFlags) => {
      const [typed = '', ...others] = runs
      await withPlatform(cli, 'read', async (platform) => {
        if (others.length > 0 || typed.includes('@'))
          return answerMany(cli, platform, runs, { decision: 'rejected', by, reason })
        const run = await findRun(platform, typed)
        const view = await platform.decideApproval(run, { decision: 'rejected', by, reason }, {})
        print(cli, [
          `${view.run.id} ${STATE_NAMES[view.run.state]}`,
          ...(view.packet === undefined ? [] : [`packet ${view.packet}`]),
        ])
      })
    })
}
