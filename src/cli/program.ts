import { GanderError } from '#domain/failure'
import { Command, CommanderError } from 'commander'
import type { Cli, Verb } from './cli.ts'
import type { CliEnvironment } from './environment.ts'
import { EXIT_CODES } from './exit-code.ts'
import { commandName } from './drive-run.ts'
import { describeFailure, failureLines, type FailureText } from './screen/failure-text.ts'
import { paintFor } from './screen/paint.ts'
import { addAgents } from './verbs/agents.ts'
import { addApprovals } from './verbs/approvals.ts'
import { addApprove } from './verbs/approve.ts'
import { addArtifacts } from './verbs/artifacts.ts'
import { addAudit } from './verbs/audit.ts'
import { addBackup, addRestore } from './verbs/backup.ts'
import { addAutonomy } from './verbs/autonomy.ts'
import { addCalibrate } from './verbs/calibrate.ts'
import { addCancel } from './verbs/cancel.ts'
import { addCapability } from './verbs/capability.ts'
import { addCheckTests } from './verbs/check-tests.ts'
import { addCompletion } from './verbs/completion.ts'
import { addContext } from './verbs/context.ts'
import { addControlPlane } from './verbs/control-plane.ts'
import { addContinue } from './verbs/continue.ts'
import { addDemo } from './verbs/demo.ts'
import { addDiff } from './verbs/diff.ts'
import { addDoctor } from './verbs/doctor.ts'
import { addGateway } from './verbs/gateway.ts'
import { addList } from './verbs/list.ts'
import { addLocalise } from './verbs/localise.ts'
import { addLogin } from './verbs/login.ts'
import { addLogout } from './verbs/logout.ts'
import { addMap } from './verbs/map.ts'
import { addMcp } from './verbs/mcp.ts'
import { addMemory } from './verbs/memory.ts'
import { addOpen } from './verbs/open.ts'
import { addPrincipal } from './verbs/principal.ts'
import { addPolicy } from './verbs/policy.ts'
import { addRecord } from './verbs/record.ts'
import { addReject } from './verbs/reject.ts'
import { addReplay } from './verbs/replay.ts'
import { addRedact } from './verbs/redact.ts'
import { addReview } from './verbs/review.ts'
import { addRisk } from './verbs/risk.ts'
import { addRetention } from './verbs/retention.ts'
import { addRun } from './verbs/run.ts'
import { addServe } from './verbs/serve.ts'
import { addShow } from './verbs/show.ts'
import { addSummariseLog } from './verbs/summarise-log.ts'
import { addTenant } from './verbs/tenant.ts'
import { addToken } from './verbs/token.ts'
import { addBudget } from './verbs/budget.ts'
import { addOps } from './verbs/ops.ts'
import { addResume } from './verbs/resume.ts'
import { addStop } from './verbs/stop.ts'
import { addSwitches } from './verbs/switches.ts'
import { addVerify } from './verbs/verify.ts'
import { addWatch } from './verbs/watch.ts'
import { addWho } from './verbs/who.ts'
import { addWorker } from './verbs/worker.ts'

const GROUPS: readonly (readonly [string, readonly Verb[]])[] = [
  ['Work:', [addRun, addContinue, addApprove, addReject, addApprovals, addCancel, addReplay, addReview]],
  [
    'Look:',
    [
      addList,
      addShow,
      addRisk,
      addWatch,
      addDiff,
      addArtifacts,
      addContext,
      addWho,
      addOpen,
      addCheckTests,
      addVerify,
      addLocalise,
      addMap,
      addSummariseLog,
    ],
  ],
  ['Control:', [addStop, addResume, addSwitches, addBudget, addOps]],
  ['Serve:', [addServe, addControlPlane, addWorker, addGateway]],
  ['Administer:', [addPolicy, addPrincipal, addToken, addTenant, addAutonomy, addCalibrate, addMemory]],
  [
    'Set up:',
    [addDoctor, addAgents, addCapability, addLogin, addLogout, addMcp, addRecord, addRedact, addCompletion, addDemo],
  ],
  ['Keep:', [addAudit, addRetention, addBackup, addRestore]],
]

/** Makes the program; `ended` is told the exit code of a command that did its work. */
export function createProgram(
  environment: CliEnvironment,
  ended: (code: number) => void = () => {},
  after_dashes: readonly string[] = [],
): Command {
  const program = new Command('gander')
  const server = () => program.opts<{ server?: string }>().server ?? (environment.env['GANDER_SERVER'] || undefined)
  const cli: Cli = { environment, after_dashes, ended, server }
  const paint = paintFor(environment.stdout, environment.env)
  program
    .description('Hand it an issue, get back a draft pull request with its proof.')
    .version(environment.version, '-V, --version', 'print the version')
    .option('--server <url>', 'let a server do it (or GANDER_SERVER), with the token of `gander login --server`')
    .helpOption('-h, --help', 'show help, also of a command')
    .helpCommand(false)
    .configureHelp({ styleTitle: paint.strong, showGlobalOptions: false, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => environment.stdout.write(text),
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(environment.stdout.columns(), 110),
      getOutHasColors: () => true,
    })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
  for (const [title, verbs] of GROUPS) {
    program.commandsGroup(title)
    for (const add of verbs) add(program, cli)
  }
  return program
}

const EXAMPLES = `
Examples:
  gander doctor                                        what this machine has and lacks
  gander run --repo . --issue issue.md                 an issue becomes a draft pull request
  gander run --repo . --issue issue.md --mode dry_run_patch
  gander show last                                     what the last run did, and why

Exit codes: ${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `${code} ${meaning.split(/[:;,]/)[0]?.toLowerCase().replace(/\.$/, '')}`)
  .join(' · ')}
Everything is kept under GANDER_HOME; removing that folder removes Gander.`

/** Runs one command line and gives the exit code; every failure is told in three lines, and never thrown. */
export async function runCommandLine(environment: CliEnvironment, argv: readonly string[]): Promise<number> {
  const dashes = argv.indexOf('--')
  const after_dashes = dashes === -1 ? [] : argv.slice(dashes + 1)
  let code: number = EXIT_CODES.done.code
  const program = createProgram(environment, (given) => (code = given), after_dashes)
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.done.code
    // A group of commands without one of them: its page is the answer.
    if (error instanceof CommanderError && error.code === 'commander.help')
      return runCommandLine(environment, [...argv, '--help'])
    const failure = describeFailure(error instanceof CommanderError ? usageError(error, program, argv) : error)
    report(failure, environment, argv.slice(0, dashes === -1 ? undefined : dashes).includes('--json'))
    if (failure.code === 'internal' && (environment.env['GANDER_DEBUG'] ?? '') !== '' && error instanceof Error)
      environment.stderr.write(`${error.stack}\n`)
    return failure.exit
  }
}

/** The words of a command line that name a command: `token issue`; empty where there is no such command. */
function commandIn(program: Command, argv: readonly string[]): string {
  const words: string[] = []
  let within: Command | undefined = program
  for (const word of argv) {
    within = within.commands.find((command) => command.name() === word || command.aliases().includes(word))
    if (within === undefined) {
      if (words.length > 0) break
      within = program
    } else words.push(word)
  }
  return words.join(' ')
}

/** commander's words (`error: unknown option '--isue'\n(Did you mean --issue?)`) as one of our own failures. */
function usageError(error: CommanderError, program: Command, argv: readonly string[]): GanderError {
  const [said = '', hint = ''] = error.message.replace(/^error: /, '').split('\n')
  const what = `${said.charAt(0).toUpperCase()}${said.slice(1)}`
  const meant = /\(Did you mean (.*)\?\)/.exec(hint)?.[1]
  const named = commandIn(program, argv)
  const page = named === '' ? '' : ` ${named}`
  const help = `\`gander${page} --help\` shows what there is.`
  const why =
    error.code === 'commander.unknownCommand' ? 'There is no such command.' : 'The command line is not understood.'
  const message = /[.:;]\s/.test(what) ? what : `${what.replace(/\.$/, '')}. ${why}`
  return new GanderError('usage', message, { remedy: meant === undefined ? help : `Did you mean ${meant}? ${help}` })
}

function report(failure: FailureText, environment: CliEnvironment, json: boolean): void {
  const { stdout, stderr, env } = environment
  stderr.write(`${failureLines(failure, paintFor(stderr, env), commandName(environment)).join('\n')}\n`)
  if (!json) return
  const { exit: _, ...error } = failure
  stdout.write(
    `${JSON.stringify({ run_id: null, state: null, pull_request: null, packet: null, tree: null, error })}\n`,
  )
}
