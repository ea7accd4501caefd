import { isEnd } from '#domain/run'
import { print, withPlatform, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { STATE_NAMES } from '../screen/live-progress.ts'
import { RUN_ARGUMENT } from './run-argument.ts'

/** `gander cancel RUN`: stop a run and keep its work. */
export const addCancel: Verb = (program, cli) => {
  program
    .command('cancel')
    .summary('stop a run and keep its work')
    .description('Cancels a run; what it did so far is kept.')
    .argument('<run>', RUN_ARGUMENT)
    .action(async (typed: string) => {
      await withPlatform(cli, 'read', async (platform) => {
        const { run } = await platform.cancel(await findRun(platform, typed), cli.environment.user)
        const said = isEnd(run.state) ? STATE_NAMES[run.state] : 'asked to stop; its worker ends it within seconds'
        print(cli, [`${run.id} ${said}`])
      })
    })
}
