import { resolve } from 'node:path'
import { print, withPlatform, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

/** `gander record RUN`: a conversation file from a live run, to be replayed by `--model recorded:FILE`. */
export const addRecord: Verb = (program, cli) => {
  program
    .command('record')
    .summary('a replayable conversation from a run')
    .description('Makes a conversation file of a run, for --model recorded:FILE.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--out <file>', 'where to write it (default: standard output)')
    .action(async (typed: string, flags: { readonly out?: string }) => {
      const { environment } = cli
      await withPlatform(cli, 'read', async (platform) => {
        const { run } = await requireView(platform, await findRun(platform, typed))
        const text = await environment.recordConversation(platform, run.id)
        if (flags.out === undefined) return environment.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
        const path = resolve(environment.cwd, flags.out)
        await environment.writeFile(path, text)
        print(cli, [`The conversation of ${run.id} is in ${path}. It was redacted; read it before you share it.`])
      })
    })
}
