import { diffStat } from '#domain/change'
import { print, withPlatform, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { counted } from '../screen/figures.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainText } from '../screen/plain-text.ts'
import { RUN_ARGUMENT } from './run-argument.ts'

/** `gander diff RUN`: what a run proposes, or has done so far. */
export const addDiff: Verb = (program, cli) => {
  program
    .command('diff')
    .summary('the change of a run as a patch')
    .description('Prints the change of a run as a patch that git apply takes.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--stat', 'only its size')
    .action(async (typed: string, flags: { readonly stat?: boolean }) => {
      const { stdout, stderr, env } = cli.environment
      const change = await withPlatform(cli, 'read', async (platform) => platform.diff(await findRun(platform, typed)))
      if (change === undefined || change.files.length === 0)
        return stderr.write('This run has changed nothing so far.\n')
      const stat = diffStat(change.files)
      if (flags.stat === true) return print(cli, [`${counted(stat.files, 'file')}, +${stat.added} -${stat.deleted}`])
      // A pipe or a file gets the patch byte for byte; only a terminal gets it coloured and with control characters cut.
      if (!stdout.is_terminal) return stdout.write(change.patch)
      const paint = paintFor(stdout, env)
      print(
        cli,
        plainText(change.patch)
          .trimEnd()
          .split('\n')
          .map((line) => coloured(line, paint)),
      )
    })
}

function coloured(line: string, paint: Paint): string {
  if (/^(diff |index |--- |\+\+\+ |new file|deleted file|old mode|new mode)/.test(line)) return paint.strong(line)
  if (line.startsWith('@@')) return paint.link(line)
  if (line.startsWith('+')) return paint.good(line)
  return line.startsWith('-') ? paint.bad(line) : line
}
