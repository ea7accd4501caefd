import { GanderError } from '#domain/failure'
import type { CapabilityView, TenantCapabilities } from '#ports'
import { resolve } from 'node:path'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine, wrap } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

interface Json {
  readonly json?: boolean
}

interface MoveFlags {
  readonly by?: string
  readonly reason?: string
}

/** `gander capability`: the contracts that runs work under. */
export const addCapability: Verb = (program, cli) => {
  const capability = program
    .command('capability')
    .summary('the contracts that runs work under')
    .description('Shows the registered capabilities, checks their files, and opens or closes them.')
  capability
    .command('list')
    .description('Lists the capabilities, built in and those of GANDER_HOME/capabilities.')
    .option('--json', 'one JSON array on one line')
    .action(async ({ json }: Json) => list(cli, json === true))
  capability
    .command('show')
    .description('Shows what a capability allows, requires and asks people for.')
    .argument('<id>', 'its id')
    .option('--json', 'one JSON object on one line')
    .action(async (id: string, { json }: Json) => show(cli, id, json === true))
  capability
    .command('check')
    .description('Checks files before they are used; without any, those of GANDER_HOME/capabilities.')
    .argument('[file...]', 'YAML files of capabilities')
    .action(async (files: readonly string[]) => check(cli, files))
  for (const [verb, state] of [
    ['enable', 'active'],
    ['disable', 'disabled'],
  ] as const)
    capability
      .command(verb)
      .description(`${verb === 'enable' ? 'Opens a capability again' : 'Closes a capability for new and queued runs'}.`)
      .argument('<id>', 'its id')
      .option('--by <name>', 'who says so (default: you)')
      .option('--reason <text>', 'why, for the record')
      .action(async (id: string, flags: MoveFlags) => {
        const by = flags.by ?? cli.environment.user
        const moved = await withRegistry(cli, (registry) =>
          registry.setState(id, { state, by, reason: flags.reason ?? '' }),
        )
        print(cli, [`${moved.id} is ${moved.state}.`])
      })
}

async function withRegistry<Value>(cli: Cli, act: (registry: TenantCapabilities) => Promise<Value>): Promise<Value> {
  return withPlatform(cli, 'read', async ({ capabilities }) => {
    if (capabilities !== undefined) return act(capabilities)
    throw new GanderError('usage', 'This server does not offer its capabilities.', {
      remedy: 'Run the command on the machine of the server, or use a newer server.',
    })
  })
}

async function list(cli: Cli, json: boolean): Promise<void> {
  const views = await withRegistry(cli, (registry) => registry.list())
  if (json) return printJson(cli, views)
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const rows = views.map((view) => [
    view.id,
    view.state,
    view.grant?.reach ?? '-',
    view.contract?.owner ?? '-',
    plainLine(view.contract?.description ?? view.problems[0] ?? ''),
  ])
  const inked = (cell: string, row: number, column: number) =>
    column === 0 ? paint.strong(cell) : column === 1 ? stateInk(views[row]?.state, paint)(cell) : paint.dim(cell)
  print(cli, table(rows, { width: stdout.is_terminal ? stdout.columns() : 1000, paint: inked }))
}

const stateInk = (state: CapabilityView['state'] | undefined, paint: Paint) =>
  state === 'active' ? paint.good : state === 'disabled' ? paint.warn : paint.bad

async function show(cli: Cli, id: string, json: boolean): Promise<void> {
  const view = await withRegistry(cli, (registry) => registry.view(id))
  if (view === undefined) throw new GanderError('capability_unknown', `There is no capability ${JSON.stringify(id)}.`)
  if (json) return printJson(cli, view)
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const width = Math.min(stdout.columns() - 18, 100)
  const row = (label: string, words: string | readonly string[]) => {
    const text = typeof words === 'string' ? words : words.length === 0 ? 'none' : words.join(', ')
    return wrap(plainLine(text), width).map((line, at) => `  ${paint.dim((at === 0 ? label : '').padEnd(12))}  ${line}`)
  }
  print(cli, [
    `${paint.strong(view.id)}  ${stateInk(view.state, paint)(view.state)}`,
    ...view.problems.flatMap((problem) => row('problem', problem)),
    ...contractRows(view, row),
    ...(view.record?.state === 'disabled'
      ? row('disabled', `by ${view.record.changed_by}: ${view.record.reason || 'no reason was given'}`)
      : []),
  ])
}

function contractRows(
  { contract, grant, file, origin }: CapabilityView,
  row: (label: string, words: string | readonly string[]) => readonly string[],
): readonly string[] {
  const from = origin === 'built_in' ? 'built in' : file
  if (contract === null || grant === null) return row('from', from)
  const asked = grant.approvals.map(({ act, kind }) => `${act} by ${kind}`)
  const { registries, hosts, ask } = grant.egress
  return [
    ...row('', contract.description),
    ...row('owner', contract.owner),
    ...row('from', from),
    ...row('hash', grant.hash.slice(0, 16)),
    ...row('reaches', `${grant.reach}, tier ${grant.max_autonomy_tier}`),
    ...row('inputs', grant.inputs),
    ...row('repositories', grant.repositories),
    ...row('paths', grant.paths),
    ...row('tools', grant.tools),
    ...row('models', grant.models),
    ...row('egress', [...(registries ? ['registries'] : []), ...hosts, ...(ask ? ['others by approval'] : [])]),
    ...row('credentials', grant.credentials),
    ...row('evidence', grant.evidence),
    ...row('approvals', asked),
    ...row('ends', grant.end_states),
    ...row('evals', grant.evals),
  ]
}

async function check(cli: Cli, files: readonly string[]): Promise<void> {
  const checked = files.length === 0 ? await ownFiles(cli) : await Promise.all(files.map((file) => given(cli, file)))
  const broken = checked.filter(({ problems }) => problems.length > 0)
  if (broken.length === 0)
    return print(cli, [checked.length === 0 ? 'There are no files to check.' : `${checked.length} checked, all hold.`])
  const named = broken.map(({ file, problems }) => `${file}: ${problems.join('; ')}`)
  throw new GanderError('capability_invalid', `${named.join('. ')}.`, { remedy: 'Correct the named fields.' })
}

interface Checked {
  readonly file: string
  readonly problems: readonly string[]
}

async function ownFiles(cli: Cli): Promise<readonly Checked[]> {
  const views = await withRegistry(cli, (registry) => registry.list())
  return views.filter(({ origin }) => origin === 'operator')
}

async function given(cli: Cli, file: string): Promise<Checked> {
  const { environment } = cli
  const source = await environment.readFile(resolve(environment.cwd, file))
  if (source === undefined) throw new GanderError('usage', `${file} cannot be read: there is no such file.`)
  return { file, problems: (await environment.capabilityProblems?.(source)) ?? [] }
}
