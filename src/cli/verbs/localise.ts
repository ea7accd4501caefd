import { GanderError } from '#domain/failure'
import type { Localisation, RankedFile } from '#ports'
import { Buffer } from 'node:buffer'
import { InvalidArgumentError } from 'commander'
import { resolve } from 'node:path'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { readBytes } from '../read-bytes.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { cut, plainLine } from '../screen/plain-text.ts'

const DEFAULT_TOP = 10
const MOST_FILES = 1_000
/** Functions of a file shown to people; JSON has more. */
const FUNCTIONS_SHOWN = 3
/** Longer texts are no issues; what is read of one is bounded further down. */
const LARGEST_ISSUE = 4 * 1024 * 1024

interface Flags {
  readonly repo: string
  readonly base?: string
  readonly issue: string
  readonly top: number
  readonly json?: boolean
}

/** `gander localise --repo DIR --base SHA --issue FILE|-`: which files and functions an issue is about. */
export const addLocalise: Verb = (program, cli) => {
  program
    .command('localise')
    .summary('find the files and functions an issue is about')
    .description(
      'Ranks the files of one commit by how surely an issue is about them, and says why. Reads the words, names, paths and stack traces of the issue, the code of that commit, and what was changed before it. No model is asked, nothing leaves this machine, and equal questions get equal answers, unless GANDER_EMBEDDINGS_URL names an embedding model, which then orders the likeliest files anew.',
    )
    .option('--repo <folder>', 'a git repository on this machine', '.')
    .option('--base <commit>', 'the commit to look at; HEAD when absent')
    .requiredOption('--issue <file>', 'the issue: its title in the first line, then its text; - reads standard input')
    .option('--top <count>', `files to name at most, 1 to ${MOST_FILES}`, fileCount, DEFAULT_TOP)
    .option('--json', 'one JSON object instead of text')
    .action(async (flags: Flags) => {
      const { cwd, stdout, env } = cli.environment
      const wired = cli.environment.localiseIssue?.()
      if (wired === undefined) throw new GanderError('internal', 'Localisation is not wired into this program.')
      const issue = await issueText(cli, flags.issue)
      const ask = await wired
      const found = await ask({ repository: resolve(cwd, flags.repo), at: flags.base ?? null, issue, top: flags.top })
      if (flags.json === true) return printJson(cli, found)
      print(cli, shown(found, paintFor(stdout, env), stdout.columns()))
    })
}

function fileCount(typed: string): number {
  const count = /^\d{1,6}$/.test(typed) ? Number(typed) : 0
  if (count >= 1 && count <= MOST_FILES) return count
  throw new InvalidArgumentError(`It takes a whole number from 1 to ${MOST_FILES}.`)
}

async function issueText(cli: Cli, file: string): Promise<string> {
  const { stdin, cwd } = cli.environment
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of file === '-' ? stdin.bytes() : readBytes(resolve(cwd, file))) {
    length += piece.length
    if (length > LARGEST_ISSUE)
      throw new GanderError('usage', `The issue is longer than ${LARGEST_ISSUE / 1024 / 1024} MB.`, {
        remedy: 'Give the report itself; long logs are read by `gander summarise-log`.',
      })
    pieces.push(Uint8Array.from(piece))
  }
  return Buffer.concat(pieces).toString('utf8')
}

function shown({ commit, files, notes }: Localisation, paint: Paint, width: number): readonly string[] {
  const best = files[0]?.score ?? 0
  return [
    paint.dim(
      files.length === 0
        ? `No file of ${commit.slice(0, 12)} fits the issue`
        : `${files.length} of the files of ${commit.slice(0, 12)}, the likeliest first`,
    ),
    ...files.flatMap((file, at) => ['', ...fileLines(file, at + 1, { paint, width, best })]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => paint.warn(note))]),
  ]
}

interface Look {
  readonly paint: Paint
  readonly width: number
  readonly best: number
}

function fileLines(file: RankedFile, place: number, { paint, width, best }: Look): readonly string[] {
  const share = best <= 0 ? 0 : Math.max(0, Math.round((file.score / best) * 8))
  const bar = `${'━'.repeat(share)}${' '.repeat(8 - share)}`
  return [
    `${paint.dim(String(place).padStart(3))}  ${paint.good(bar)}  ${paint.strong(plainLine(file.path))}`,
    ...(file.reasons.length === 0 ? [] : [paint.dim(`     ${cut(plainLine(file.reasons.join('; ')), width - 6)}`)]),
    ...file.functions
      .slice(0, FUNCTIONS_SHOWN)
      .map(({ name, start_line, end_line }) =>
        cut(`     ${plainLine(name)}  ${start_line}-${end_line}`, Math.max(20, width - 1)),
      ),
  ]
}
