import { withPlatform, type Verb } from '../cli.ts'
import { watchRun } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

/** `gander watch RUN`: follow a run that another process works on. */
export const addWatch: Verb = (program, cli) => {
  program
    .command('watch')
    .summary('follow a run that something else works on')
    .description('Shows a run from its beginning until it ends or waits. Ctrl-C stops watching, not the run.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
    .action(async (typed: string, flags: { readonly json?: boolean }) => {
      const { environment } = cli
      await withPlatform(cli, 'read', async (platform) => {
        const view = await requireView(platform, await findRun(platform, typed))
        cli.ended(await watchRun(view.run.id, { environment, platform, json: flags.json === true }))
      })
    })
}
