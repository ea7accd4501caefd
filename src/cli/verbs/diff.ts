import { diffStat } from '#domain/change'
import { print, withPlatform, type Cli, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { redactorWithKeys } from '../known-secrets.ts'
import { counted } from '../screen/figures.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainText } from '../screen/plain-text.ts'
import { RUN_ARGUMENT } from './run-argument.ts'

/** `gander diff RUN`: what a run proposes, or has done so far. */
export const addDiff: Verb = (program, cli) => {
  program
    .command('diff')
    .summary('the change of a run as a patch')
    .description(
      'Prints the change of a run as a patch that git apply takes. Where a secret that Gander knows stands in it, secrets are cut out.',
    )
    .argument('<run>', RUN_ARGUMENT)
    .option('--stat', 'only its size')
    .action(async (typed: string, flags: { readonly stat?: boolean }) => {
      const { stdout, stderr, env } = cli.environment
      const change = await withPlatform(cli, 'read', async (platform) => platform.diff(await findRun(platform, typed)))
      if (change === undefined || change.files.length === 0)
        return stderr.write('This run has changed nothing so far.\n')
      const stat = diffStat(change.files)
      if (flags.stat === true) return print(cli, [`${counted(stat.files, 'file')}, +${stat.added} -${stat.deleted}`])
      const patch = await withoutKeys(cli, change.patch)
      // A pipe or a file gets the patch byte for byte; only a terminal gets it coloured and with control characters cut.
      if (!stdout.is_terminal) return stdout.write(patch)
      const paint = paintFor(stdout, env)
      print(
        cli,
        plainText(patch)
          .trimEnd()
          .split('\n')
          .map((line) => coloured(line, paint)),
      )
    })
}

/** Only held values are cut: what merely looks like a secret must stay, or the patch would not apply. */
async function withoutKeys(cli: Cli, patch: string): Promise<string> {
  const redaction = await (await redactorWithKeys(cli)).redact(patch)
  if (!redaction.confirmed) return patch
  cli.environment.stderr.write(
    'The change holds a secret that Gander knows. It was cut out of this patch, which will not apply; change the secret.\n',
  )
  return redaction.text
}

function coloured(line: string, paint: Paint): string {
  if (/^(diff |index |--- |\+\+\+ |new file|deleted file|old mode|new mode)/.test(line)) return paint.strong(line)
  if (line.startsWith('@@')) return paint.link(line)
  if (line.startsWith('+')) return paint.good(line)
  return line.startsWith('-') ? paint.bad(line) : line
}
