import { GanderError } from '#domain/failure'
import type { Platform, RunArtifact } from '#ports'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { commandName } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { size } from '../screen/figures.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine, plainText } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

/** `gander artifacts RUN [NAME]`: what a run left behind. */
export const addArtifacts: Verb = (program, cli) => {
  program
    .command('artifacts')
    .summary('what a run left behind')
    .description('Lists what a run left behind, or prints one of it.')
    .argument('<run>', RUN_ARGUMENT)
    .argument('[name]', 'name, kind or the beginning of the hash of one artifact, to print it')
    .option('--json', 'one JSON array on one line')
    .action(async (typed: string, name: string | undefined, flags: { readonly json?: boolean }) => {
      await withPlatform(cli, 'read', async (platform) => {
        const { run, artifacts } = await requireView(platform, await findRun(platform, typed))
        if (name !== undefined) return await printOne(cli, platform, pick(artifacts, name, run.id))
        const located = await Promise.all(
          artifacts.map(async (artifact) => ({
            ...artifact,
            path: (await platform.artifactPath(artifact.sha256)) ?? null,
          })),
        )
        if (flags.json === true) return printJson(cli, located)
        if (located.length === 0) return print(cli, ['This run has left nothing behind yet.'])
        printTable(cli, located)
      })
    })
}

function printTable(cli: Cli, artifacts: readonly (RunArtifact & { readonly path: string | null })[]): void {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const rows = artifacts.map(({ kind, name, bytes, path }) => [
    plainLine(kind),
    plainLine(name),
    size(bytes).padStart(9),
    path ?? 'the bytes are gone',
  ])
  const longest = table(rows, { width: 1000 }).reduce((most, line) => Math.max(most, line.length), 0)
  if (stdout.is_terminal && longest > stdout.columns()) {
    const short = rows.map((row, index) => [...row.slice(0, 3), artifacts[index]?.sha256.slice(0, 10) ?? ''])
    const advice = `\`${commandName(cli.environment)} artifacts RUN NAME\` prints one; a pipe or --json shows the paths.`
    return print(cli, [
      ...table(short, { width: 1000, paint: (c, _, column) => (column === 1 ? c : paint.dim(c)) }),
      '',
      paint.dim(advice),
    ])
  }
  // Paths are never cut: they are there to be copied.
  print(cli, table(rows, { width: 1000, paint: (cell, _, column) => (column === 1 ? cell : paint.dim(cell)) }))
}

function pick(artifacts: readonly RunArtifact[], name: string, run: string): RunArtifact {
  const fits =
    artifacts.findLast((artifact) => artifact.name === name || artifact.kind === name) ??
    artifacts.findLast(({ sha256 }) => name.length >= 6 && sha256.startsWith(name))
  if (fits !== undefined) return fits
  const known = [...new Set(artifacts.map((artifact) => artifact.name))].join(', ')
  throw new GanderError('usage', `${run} has no artifact ${name}: it has ${known === '' ? 'none' : known}.`, {
    remedy: `\`gander artifacts ${run}\` lists them.`,
  })
}

async function printOne(cli: Cli, platform: Platform, artifact: RunArtifact): Promise<void> {
  const bytes = await platform.artifact(artifact.sha256)
  if (bytes === undefined) throw new GanderError('artifact_corrupt', `The bytes of ${artifact.name} are gone.`)
  const text = new TextDecoder().decode(bytes)
  cli.environment.stdout.write(cli.environment.stdout.is_terminal ? `${plainText(text).trimEnd()}\n` : text)
}
