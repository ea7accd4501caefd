import { GanderError } from '#domain/failure'
import type { LogSummary } from '#ports'
import { InvalidArgumentError } from 'commander'
import { resolve } from 'node:path'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { redactorWithKeys } from '../known-secrets.ts'
import { readBytes } from '../read-bytes.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { cut, plainLine, plainText } from '../screen/plain-text.ts'

const MOST_LINES = 50
/** Causes shown to people; JSON has them all. */
const CAUSES_SHOWN = 5

interface Flags {
  readonly lines: number
  readonly json?: boolean
}

/** `gander summarise-log FILE|-`: why a build failed, in a few lines of its log. */
export const addSummariseLog: Verb = (program, cli) => {
  program
    .command('summarise-log')
    .summary('say why a build failed, in a few lines of its log')
    .description(
      'Reads the log of a build, a test run or a CI job once, however long it is, and says what kind of failure it is, where it was raised and which lines tell of it. Secrets are cut out first. Nothing leaves this machine, and no model is asked.',
    )
    .argument('<file>', 'the log; - reads standard input')
    .option('--lines <count>', `lines of the log to show at most, 1 to ${MOST_LINES}`, lineCount, MOST_LINES)
    .option('--json', 'one JSON object instead of text')
    .action(async (file: string, flags: Flags) => {
      const summary = await summarise(cli, file, flags.lines)
      if (flags.json === true) return printJson(cli, summary)
      const { stdout, env } = cli.environment
      print(cli, shown(summary, paintFor(stdout, env), stdout.columns()))
    })
}

function lineCount(typed: string): number {
  const count = /^\d{1,6}$/.test(typed) ? Number(typed) : 0
  if (count >= 1 && count <= MOST_LINES) return count
  throw new InvalidArgumentError(`It takes a whole number from 1 to ${MOST_LINES}.`)
}

async function summarise(cli: Cli, file: string, lines: number): Promise<LogSummary> {
  const { summariseLog, stdin, cwd } = cli.environment
  if (summariseLog === undefined)
    throw new GanderError('internal', 'The log summariser is not wired into this program.')
  const log = file === '-' ? stdin.bytes() : readBytes(resolve(cwd, file))
  return summariseLog(log, { lines, redactor: await redactorWithKeys(cli) })
}

function shown(summary: LogSummary, paint: Paint, width: number): readonly string[] {
  const { classification, root_causes, likely_direction, lines } = summary
  const failed = classification !== 'unknown'
  const title = classification.replaceAll('_', ' ')
  const wide = String(lines.at(-1)?.number ?? 0).length
  return [
    `${failed ? paint.bad(title) : paint.warn(title)}  ${likely_direction}`,
    ...(root_causes.length === 0 ? [] : ['', paint.strong('Likely causes')]),
    ...root_causes.slice(0, CAUSES_SHOWN).map((cause) => causeLine(cause, paint, width)),
    ...(lines.length === 0 ? [] : ['', paint.strong('Lines that tell')]),
    ...lines.map(
      ({ number, text }) =>
        `${paint.dim(String(number).padStart(wide))}  ${cut(plainText(text).replaceAll('\t', '  '), width - wide - 2)}`,
    ),
    '',
    paint.dim(closing(summary)),
  ]
}

function causeLine(
  { file, line, message, confidence }: LogSummary['root_causes'][number],
  paint: Paint,
  width: number,
) {
  const place = file === undefined ? '' : plainLine(`${file}${line === undefined ? '' : `:${line}`}`)
  const sure = `${Math.round(confidence * 100)} %`.padStart(5)
  const said = cut(plainLine(message), Math.max(20, width - place.length - sure.length - 4))
  return [paint.dim(sure), ...(place === '' ? [] : [paint.link(place)]), said].join('  ')
}

function closing({ lines, total_lines, redactions }: LogSummary): string {
  const count = total_lines === 0 ? 'The log is empty.' : `${lines.length} of ${total_lines} lines.`
  return redactions === 0 ? count : `${count} Secrets cut out: ${redactions}.`
}
