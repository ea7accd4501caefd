import { GanderError } from '#domain/failure'
import type { ReplayReport, Replays } from '#ports'
import { resolve } from 'node:path'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { workOnRun } from '../drive-run.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

interface ReplayFlags {
  readonly export?: string
  readonly package?: string
  readonly by?: string
  readonly json?: boolean
}

/** `gander replay RUN`: the same run again, from its record, and where it departs. */
export const addReplay: Verb = (program, cli) => {
  program
    .command('replay')
    .summary('run a run again from its record, and compare')
    .description(
      'Runs a run again: the same commit, contract, policy bundle and recorded answers in a fresh sandbox. Nothing is opened. Then tells whether tree, verdict, decisions and steps are the same, and where they depart.',
    )
    .argument('<run>', RUN_ARGUMENT)
    .option('--export <file>', 'write its package to a file, and run nothing')
    .option('--package <file>', 'use a package that was exported; one that was changed is refused')
    .option('--by <name>', 'who says so (default: you)')
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
    .action((typed: string, flags: ReplayFlags) => replay(cli, typed, flags))
}

async function replay(cli: Cli, typed: string, flags: ReplayFlags): Promise<void> {
  const { environment } = cli
  const purpose = flags.export === undefined ? 'work' : 'read'
  await withPlatform(cli, purpose, async (platform) => {
    const { replays } = platform
    if (replays === undefined)
      throw new GanderError('usage', 'This server runs nothing again.', { remedy: 'Use a newer server.' })
    const { run } = await requireView(platform, await findRun(platform, typed))
    if (flags.export !== undefined) return exportPackage(cli, replays, { run: run.id, to: flags.export })
    const given = flags.package === undefined ? undefined : await readPackage(cli, flags.package)
    const started = await replays.start(run.id, flags.by ?? environment.user, given)
    const json = flags.json === true
    if (!json) print(cli, [`${started.run.id} runs ${run.id} again; it opens nothing.`, ''])
    // What is compared is told below; the run's own last words would tell of a change that nobody proposes.
    await workOnRun(started.run.id, { environment, platform, json, quiet: true })
    const report = await replays.report(started.run.id)
    cli.ended(report.same ? EXIT_CODES.done.code : EXIT_CODES.failed.code)
    if (json) return printJson(cli, report)
    print(cli, shown(cli, report))
  })
}

async function exportPackage(
  cli: Cli,
  replays: Replays,
  { run, to }: { readonly run: Parameters<Replays['report']>[0]; readonly to: string },
): Promise<void> {
  if (replays.package === undefined)
    throw new GanderError('usage', 'A package is exported where the record is.', {
      remedy: 'Run `gander replay RUN --export FILE` on the machine of the server.',
    })
  const path = resolve(cli.environment.cwd, to)
  await cli.environment.writeFile(path, await replays.package(run))
  print(cli, [`The replay package of ${run} is in ${path}. It was redacted; read it before you share it.`])
}

async function readPackage(cli: Cli, file: string): Promise<string> {
  if (cli.server() !== undefined)
    throw new GanderError('usage', 'A server makes its packages from its own record.', {
      remedy: 'Leave --package out, or run it on the machine of the server.',
    })
  const path = resolve(cli.environment.cwd, file)
  const text = await cli.environment.readFile(path)
  if (text !== undefined) return text
  throw new GanderError('usage', `There is no file ${path}.`, {
    remedy: 'Give the file of `gander replay RUN --export FILE`.',
  })
}

function shown(cli: Cli, { compared, departed, same }: ReplayReport): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const rows = compared.map(({ what, same: is_same, was, is }) =>
    is_same ? [what, 'same', short(what, was)] : [what, 'departed', `was ${short(what, was)}, is ${short(what, is)}`],
  )
  const inked = (cell: string, row: number, at: number): string => {
    if (at === 0) return paint.strong(cell)
    if (at === 2) return paint.dim(cell)
    return rows[row]?.[1] === 'same' ? paint.good(cell) : paint.bad(cell)
  }
  const width = stdout.is_terminal ? stdout.columns() : 400
  const where =
    departed === null ? [] : [`Departed at step ${departed.step} (${departed.key}): ${plainLine(departed.why)}.`]
  const end = same ? paint.good('The replay is the same.') : paint.bad('The replay is not the same.')
  return [...table(rows, { width, paint: inked }), ...where, end]
}

const short = (what: string, value: string): string => plainLine(what === 'tree' ? value.slice(0, 12) : value)
