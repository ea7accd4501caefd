import { GanderError } from '#domain/failure'
import type { TestCheck, TestCheckFinding } from '#ports'
import { resolve } from 'node:path'
import { print, printJson, type Verb } from '../cli.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine, plainText } from '../screen/plain-text.ts'

/** Exit code where tests were weakened: what `grep` and `diff` say with 1. */
const WEAKENED = 1
/** Findings of one severity shown to people; JSON has them all. */
const SHOWN = 20

interface Flags {
  readonly base: string
  readonly head: string
  readonly json?: boolean
}

/** `gander check-tests --base DIR --head DIR`: whether the tests still test. */
export const addCheckTests: Verb = (program, cli) => {
  program
    .command('check-tests')
    .summary('say whether a change weakens the tests')
    .description(
      'Compares two folders, the code before and after a change, and says where tests were taken out, skipped, weakened or silenced, and where the runner was told to look away. Nothing in them is run and no link is followed. Ends with 1 where something blocks.',
    )
    .requiredOption('--base <folder>', 'the code before the change')
    .requiredOption('--head <folder>', 'the code after it')
    .option('--json', 'one JSON object instead of text')
    .action(async (flags: Flags) => {
      const { cwd, stdout, env } = cli.environment
      const wired = cli.environment.checkTests?.()
      if (wired === undefined) throw new GanderError('internal', 'The check of tests is not wired into this program.')
      const check = await (await wired)(resolve(cwd, flags.base), resolve(cwd, flags.head))
      if (flags.json === true) printJson(cli, check)
      else print(cli, shown(check, paintFor(stdout, env)))
      if (check.verdict === 'fail') cli.ended(WEAKENED)
    })
}

function shown({ verdict, findings, changed_files, not_read }: TestCheck, paint: Paint): readonly string[] {
  const errors = findings.filter(({ severity }) => severity === 'error')
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  const counts = [
    counted(changed_files, 'changed file'),
    counted(errors.length, 'error'),
    counted(warnings.length, 'warning'),
  ]
  const title = verdict === 'pass' ? paint.good('pass') : paint.bad('fail')
  const said = verdict === 'pass' ? 'the tests test as much as before' : 'the change weakens the tests'
  return [
    `${title}  ${said} (${counts.join(', ')})`,
    ...errors.slice(0, SHOWN).flatMap((finding) => findingLines(finding, paint, true)),
    ...more(errors.length),
    ...(warnings.length === 0 ? [] : ['', paint.strong('To look at')]),
    ...warnings.slice(0, SHOWN).flatMap((finding) => findingLines(finding, paint, false)),
    ...more(warnings.length),
    ...(not_read.length === 0
      ? []
      : [
          '',
          `Not read: ${not_read.slice(0, 5).map(plainLine).join(', ')}${not_read.length > 5 ? ` and ${not_read.length - 5} more` : ''}`,
        ]),
  ]
}

function findingLines(finding: TestCheckFinding, paint: Paint, whole: boolean): readonly string[] {
  const { rule, file, line, side, message, hunk } = finding
  const place = `${plainLine(file)}:${line}${side === 'base' ? ' of the base' : ''}`
  if (!whole) return [`  ${paint.warn(rule)}  ${place}  ${plainLine(message)}`]
  const lines = hunk.split('\n').map((text) => {
    const plain = plainText(text.slice(0, 160)).replaceAll('\n', ' ')
    return `    ${text.startsWith('-') ? paint.bad(plain) : text.startsWith('+') ? paint.good(plain) : paint.dim(plain)}`
  })
  return ['', `  ${paint.bad(rule)}  ${paint.strong(place)}`, `  ${plainLine(message)}`, ...(hunk === '' ? [] : lines)]
}

const more = (count: number): readonly string[] =>
  count > SHOWN ? ['', `  and ${count - SHOWN} more; --json has all of them`] : []
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
