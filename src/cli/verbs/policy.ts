import { GanderError } from '#domain/failure'
import { LOCAL_TENANT, parseId } from '#domain/ids'
import { RUN_MODES, type RunMode } from '#domain/task'
import type { PolicyDesk, PolicyPlace } from '#ports'
import { Option, type Command } from 'commander'
import { resolve } from 'node:path'
import { print, printJson, serverAddress, type Cli, type Verb } from '../cli.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { paintFor } from '../screen/paint.ts'
import {
  decisionLines,
  differenceLines,
  recordLines,
  replayLines,
  reportLines,
  shownLines,
  testLines,
} from './policy-lines.ts'

interface Json {
  readonly json?: boolean
}

const PLACE = 'a policy folder, a repository, or a file (default: GANDER_HOME/policy)'
const JSON_FLAG = ['--json', 'one JSON value on one line'] as const

/** `gander policy`: write, test, compare, sign and activate what runs may not do. */
export const addPolicy: Verb = (program, cli) => {
  const policy = program
    .command('policy')
    .summary('what runs may not do: check, test, explain, compare, activate')
    .description('Reads the policies of GANDER_HOME/policy and of repositories, tests them, and makes one active.')
  addReading(policy, cli)
  addComparing(policy, cli)
  addActivating(policy, cli)
}

function addReading(policy: Command, cli: Cli): void {
  policy
    .command('check')
    .description('Compiles a policy and tells its version and levels, or every problem with its line.')
    .argument('[path]', PLACE)
    .option(...JSON_FLAG)
    .action((path: string | undefined, { json }: Json) => check(cli, path, json === true))
  policy
    .command('test')
    .description('Runs the tests beside a policy: tests/*.yaml of a folder, .gander/policy-tests.yaml of a repository.')
    .argument('[path]', PLACE)
    .option('--tests <file...>', 'run these instead')
    .option(...JSON_FLAG)
    .action((path: string | undefined, flags: Json & { readonly tests?: readonly string[] }) => test(cli, path, flags))
  policy
    .command('explain')
    .description('Tells what policy answers to an act, by which rule of which level, and what is allowed instead.')
    .argument('[action]', 'such as file.write, shell.exec or pull_request.open, or the id of a recorded decision')
    .option('--path <path...>', 'repository paths that it changes')
    .option('--argv <word...>', 'the command that it runs')
    .option('--host <name>', 'the host that it reaches')
    .addOption(new Option('--mode <mode>', 'the reach of the task').choices(RUN_MODES))
    .option('--capability <id>', 'the capability of the task')
    .option('--repo <address>', 'the repository, for the policies of teams')
    .option('--policy <path>', PLACE)
    .option(...JSON_FLAG)
    .action((action: string | undefined, flags: ExplainFlags) => explain(cli, action, flags))
  policy
    .command('show')
    .description('Shows what is active, since when and by whom, and what it leaves.')
    .option(...JSON_FLAG)
    .action(({ json }: Json) => show(cli, json === true))
}

function addComparing(policy: Command, cli: Cli): void {
  policy
    .command('diff')
    .description('Tells what a policy makes stricter and what looser.')
    .argument('<old>', 'a folder, a file, the hash of a bundle on record, or `active`')
    .argument('[new]', PLACE)
    .option(...JSON_FLAG)
    .action((before: string, after: string | undefined, { json }: Json) => diff(cli, [before, after], json === true))
  policy
    .command('replay')
    .description('Asks a policy about the decisions on record and lists those that would come out otherwise.')
    .argument('[path]', PLACE)
    .option('--since <time>', 'so long ago (30d, 12h, 45m), or a moment', '30d')
    .option(...JSON_FLAG)
    .action((path: string | undefined, flags: Json & { readonly since: string }) => replay(cli, path, flags))
}

function addActivating(policy: Command, cli: Cli): void {
  policy
    .command('sign')
    .description('Signs a policy with an Ed25519 key; the signed policy is what `activate` takes.')
    .argument('[path]', PLACE)
    .requiredOption('--key <file>', 'private key in PEM')
    .requiredOption('--out <file>', 'where the signed policy is written (JSON)')
    .action((path: string | undefined, flags: { readonly key: string; readonly out: string }) => sign(cli, path, flags))
  policy
    .command('activate')
    .description('Tests a policy and makes it the one that counts; runs under way are held to it at once.')
    .argument('[path]', `${PLACE}, or a signed policy (JSON)`)
    .option('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who activates (default: you)')
    .option(...JSON_FLAG)
    .action((path: string | undefined, flags: ActivateFlags) => activate(cli, path, flags))
}

async function withDesk<Value>(cli: Cli, act: (desk: PolicyDesk) => Promise<Value>, here = false): Promise<Value> {
  const { policy } = cli.environment
  if (policy === undefined)
    throw new GanderError('usage', 'Policies are not wired here. This program was started without them.')
  const url = here ? undefined : cli.server()
  const desk = await policy(LOCAL_TENANT, url === undefined ? undefined : await serverAddress(cli, url))
  try {
    return await act(desk)
  } finally {
    await desk.close()
  }
}

const at = (cli: Cli, path: string | undefined): PolicyPlace =>
  path === undefined ? undefined : resolve(cli.environment.cwd, path)

const style = (cli: Cli) => {
  const { stdout, env } = cli.environment
  return { paint: paintFor(stdout, env), width: stdout.is_terminal ? stdout.columns() : 400 }
}

async function check(cli: Cli, path: string | undefined, json: boolean): Promise<void> {
  const report = await withDesk(cli, (desk) => desk.check(at(cli, path)))
  if (json) printJson(cli, report)
  else print(cli, reportLines(report, style(cli)))
  if (report.problems.length > 0) cli.ended(EXIT_CODES.usage.code)
}

async function test(
  cli: Cli,
  path: string | undefined,
  { tests, json }: Json & { readonly tests?: readonly string[] },
): Promise<void> {
  const files = (tests ?? []).map((file) => resolve(cli.environment.cwd, file))
  const outcomes = await withDesk(cli, (desk) => desk.test(at(cli, path), files))
  if (json === true) printJson(cli, outcomes)
  else print(cli, testLines(outcomes, style(cli)))
  if (outcomes.length === 0 || outcomes.some(({ passed }) => !passed)) cli.ended(EXIT_CODES.usage.code)
}

interface ExplainFlags extends Json {
  readonly path?: readonly string[]
  readonly argv?: readonly string[]
  readonly host?: string
  readonly mode?: RunMode
  readonly capability?: string
  readonly repo?: string
  readonly policy?: string
}

async function explain(cli: Cli, action: string | undefined, flags: ExplainFlags): Promise<void> {
  await withDesk(cli, async (desk) => {
    if (action !== undefined && parseId('decision', action) !== undefined)
      return explainRecord(cli, desk, action, flags)
    const { path, argv, host, mode, capability, repo, policy, json } = flags
    const words = argv ?? (cli.after_dashes.length > 0 ? cli.after_dashes : undefined)
    const wish = { action, paths: path, argv: words, host, mode, capability, repository: repo }
    const decision = await desk.explain(at(cli, policy), wish)
    return json === true ? printJson(cli, decision) : print(cli, decisionLines(decision, style(cli)))
  })
}

async function explainRecord(cli: Cli, desk: PolicyDesk, ...[id, { json }]: readonly [string, Json]): Promise<void> {
  const record = await desk.decision(id)
  if (record === undefined)
    throw new GanderError('usage', `There is no decision ${id} on record.`, {
      remedy: '`gander show RUN` names the decisions of a run.',
    })
  if (json === true) printJson(cli, { ...record.decision, created_at: record.created_at })
  else print(cli, recordLines(record, style(cli)))
}

async function show(cli: Cli, json: boolean): Promise<void> {
  const shown = await withDesk(cli, (desk) => desk.show())
  if (json) printJson(cli, shown)
  else print(cli, shownLines(shown, style(cli)))
}

async function diff(cli: Cli, [before, after]: readonly [string, string | undefined], json: boolean): Promise<void> {
  const from = before === 'active' || /^[0-9a-f]{64}$/.test(before) ? before : resolve(cli.environment.cwd, before)
  const differences = await withDesk(cli, (desk) => desk.diff(from, at(cli, after)))
  if (json) printJson(cli, differences)
  else print(cli, differenceLines(differences, style(cli)))
}

async function replay(
  cli: Cli,
  path: string | undefined,
  { since, json }: Json & { readonly since: string },
): Promise<void> {
  const from = momentOf(since, cli.environment.now())
  const replayed = await withDesk(cli, (desk) => desk.replay(at(cli, path), from))
  if (json === true) printJson(cli, replayed)
  else print(cli, replayLines(replayed, style(cli)))
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** A moment in RFC 3339 from `30d` or from a moment. */
function momentOf(since: string, now: number): string {
  const ago = /^(\d{1,6})([mhdw])$/.exec(since)
  const at = ago === null ? Date.parse(since) : now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0)
  if (Number.isNaN(at))
    throw new GanderError('usage', `${JSON.stringify(since)} is no time.`, {
      remedy: 'Write 30d, 12h or 45m, or a moment such as 2030-01-31T00:00:00Z.',
    })
  return new Date(at).toISOString()
}

async function sign(
  cli: Cli,
  path: string | undefined,
  { key, out }: { readonly key: string; readonly out: string },
): Promise<void> {
  const { cwd } = cli.environment
  // A key signs where it is kept, whoever is to activate what it signed.
  const sealed = await withDesk(cli, (desk) => desk.sign(at(cli, path), resolve(cwd, key)), true)
  await cli.environment.writeFile(resolve(cwd, out), `${JSON.stringify(sealed, null, 2)}\n`)
  print(cli, [
    `Signed ${sealed.sha256.slice(0, 12)} with the key ${sealed.signature?.key_id ?? ''}.`,
    `Make it count: gander policy activate ${out}`,
  ])
}

interface ActivateFlags extends Json {
  readonly reason?: string
  readonly by?: string
}

async function activate(cli: Cli, path: string | undefined, { reason, by, json }: ActivateFlags): Promise<void> {
  const who = by ?? cli.environment.user
  const active = await withDesk(cli, (desk) => desk.activate(at(cli, path), { by: who, reason: reason ?? '' }))
  if (json === true) return printJson(cli, active)
  print(cli, [
    `Active: ${active.sha256.slice(0, 12)}, by ${active.activated_by}.`,
    'Runs under way are held to it from their next act on; what it would open counts for new runs only.',
  ])
}
