import { print, printJson, type Cli, type Verb } from '../cli.ts'
import type { DoctorCheck, DoctorPart, DoctorReport } from '../doctor-report.ts'
import { commandName } from '../drive-run.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { asTyped } from '../screen/as-typed.ts'
import { counted } from '../screen/figures.ts'
import { paintFor } from '../screen/paint.ts'
import { cut, plainLine, wrap } from '../screen/plain-text.ts'

/** `gander doctor`: what this machine has, what it lacks, and what to do. */
export const addDoctor: Verb = (program, cli) => {
  program
    .command('doctor')
    .summary('what this machine has and lacks, and what to do')
    .description('Tries everything a run needs, each control of the sandbox by attacking it, and says what to do.')
    .option('--json', 'one JSON object on one line')
    .action(async (flags: { readonly json?: boolean }) => {
      const report = await cli.environment.examine()
      const failed = report.checks.filter((check) => check.outcome === 'failed')
      cli.ended(failed.length > 0 ? EXIT_CODES.failed.code : EXIT_CODES.done.code)
      if (flags.json === true) return printJson(cli, { healthy: failed.length === 0, checks: report.checks })
      print(cli, [...page(cli, report), ...verdict(cli, report)])
    })
}

const PARTS: readonly (readonly [DoctorPart, string])[] = [
  ['program', 'Program'],
  ['tools', 'Tools'],
  ['sandbox', 'Sandbox'],
  ['database', 'Database'],
  ['gateway', 'Model gateway'],
  ['storage', 'Storage'],
  ['models', 'Models'],
]

function page(cli: Cli, { checks }: DoctorReport): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const marks = { ok: paint.good('✓'), warning: paint.warn('!'), failed: paint.bad('✗') }
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  const room = stdout.is_terminal ? stdout.columns() - width - 7 : 400
  const line = (check: DoctorCheck) => [
    `  ${marks[check.outcome]} ${plainLine(check.name).padEnd(width)}  ${paint.dim(cut(plainLine(check.detail), room))}`,
    ...(check.outcome === 'ok' || check.remedy === undefined
      ? []
      : wrap(asTyped(plainLine(check.remedy), commandName(cli.environment)), room - 2).map(
          (text, index) => `    ${' '.repeat(width)}  ${index === 0 ? paint.warn('→') : ' '} ${text}`,
        )),
  ]
  return PARTS.flatMap(([part, title]) => {
    const own = checks.filter((check) => check.part === part)
    return own.length === 0 ? [] : [paint.strong(title), ...own.flatMap(line), '']
  })
}

function verdict(cli: Cli, { checks }: DoctorReport): readonly string[] {
  const paint = paintFor(cli.environment.stdout, cli.environment.env)
  const failed = checks.filter((check) => check.outcome === 'failed').length
  const warnings = checks.filter((check) => check.outcome === 'warning').length
  const aside = warnings === 0 ? '' : ` ${counted(warnings, 'thing is', 'things are')} missing or weaker than could be.`
  if (failed > 0)
    return [paint.bad(`Runs cannot work here yet: ${counted(failed, 'thing')} to put right.`) + paint.dim(aside)]
  return [paint.good('Runs can work here.') + paint.dim(aside)]
}
