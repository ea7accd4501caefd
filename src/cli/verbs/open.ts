import { GanderError } from '#domain/failure'
import { print, withPlatform, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { plainLine } from '../screen/plain-text.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

/** `gander open RUN`: look at the pull request, or at the packet where there is none. */
export const addOpen: Verb = (program, cli) => {
  program
    .command('open')
    .summary('the pull request in the browser')
    .description(
      'Opens the pull request of a run, or its evidence packet, with the desktop; without one prints where it is.',
    )
    .argument('<run>', RUN_ARGUMENT)
    .option('--print', 'only print where it is')
    .action(async (typed: string, flags: { readonly print?: boolean }) => {
      const view = await withPlatform(cli, 'read', async (platform) =>
        requireView(platform, await findRun(platform, typed)),
      )
      const target = view.pull_request?.url ?? view.packet_page ?? view.packet
      if (target === undefined)
        throw new GanderError(
          'run_not_in_state',
          `There is nothing to open: ${view.run.id} has no pull request and no packet yet.`,
        )
      const safe = plainLine(target)
      if (flags.print !== true && /^(https?:\/\/|file:\/\/|\/)/.test(safe) && cli.environment.stdout.is_terminal)
        await cli.environment.show(safe)
      print(cli, [safe])
    })
}
