import { GanderError } from '#domain/failure'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import type { McpDesk } from '../mcp-desk.ts'
import { takeAssistantTasks, type AssistantFlags } from '../assistant-tasks.ts'
import { MODEL_APIS } from '../model-choice.ts'
import { plainLine } from '../screen/plain-text.ts'
import { amount, whole } from './run.ts'
import { Option } from 'commander'

interface Json {
  readonly json?: boolean
}

/** `gander mcp`: foreign tool servers, and Gander as a server for people's assistants. */
export const addMcp: Verb = (program, cli) => {
  const mcp = program
    .command('mcp')
    .summary('foreign tool servers, and Gander as one')
    .description('Lists and pins the tool servers of GANDER_HOME/mcp.yaml, and serves Gander to an assistant.')
  mcp
    .command('list')
    .description('Lists the configured servers and whether they are pinned.')
    .option('--json', 'one JSON array on one line')
    .action(async ({ json }: Json) => list(cli, json === true))
  mcp
    .command('pin')
    .description('Starts a server in its sandbox, shows what it offers and what changed, and pins it.')
    .argument('<server>', 'its id in mcp.yaml')
    .option('--json', 'one JSON object on one line')
    .action(async (id: string, { json }: Json) => pin(cli, id, json === true))
  mcp
    .command('serve')
    .description('Serves tasks, runs, diffs and evidence to an assistant; it only reads unless --allow-submit.')
    .option('--http <port>', 'on this port of 127.0.0.1 (0: any) instead of the standard streams', whole)
    .option('--json', 'with --http: tell the address as one JSON object on one line')
    .option('--allow-submit', 'let the assistant hand in tasks, which are worked on while this serves')
    .option('--model <provider:model>', 'with --allow-submit: as for gander run')
    .option('--model-url <url>', 'with --allow-submit: address of a server of your own')
    .addOption(new Option('--model-api <format>', 'what that server speaks').choices(MODEL_APIS))
    .option('--sandbox-profile <name|file>', 'with --allow-submit: what its sandboxes may do')
    .option('--max-cost <usd>', 'US dollars for the model calls of each task (default: 5)', amount)
    .option('--max-minutes <n>', 'minutes of work on each task (default: 60)', amount)
    .option('--max-steps <n>', 'model and tool calls of each task (default: 80)', whole)
    .action(async (flags: ServeFlags) => serve(cli, flags))
}

interface ServeFlags extends Json, AssistantFlags {
  readonly http?: number
  readonly allowSubmit?: boolean
}

async function deskOf({ environment }: Cli): Promise<McpDesk> {
  if (environment.mcp !== undefined) return environment.mcp()
  throw new GanderError('usage', 'Tool servers are not wired here. This program was started without them.')
}

async function list(cli: Cli, json: boolean): Promise<void> {
  const servers = await (await deskOf(cli)).list()
  if (json) return printJson(cli, servers)
  if (servers.length === 0) return print(cli, ['No servers. Write them into mcp.yaml below GANDER_HOME.'])
  print(
    cli,
    servers.map(
      ({ id, pin, tools }) =>
        `${id}  ${pin === null ? `not pinned: gander mcp pin ${id}` : `pinned ${pin.slice(0, 12)}`}  ${tools.length === 0 ? 'no tools' : tools.map(plainLine).join(', ')}`,
    ),
  )
}

async function pin(cli: Cli, id: string, json: boolean): Promise<void> {
  const pinned = await (await deskOf(cli)).pin(id)
  if (json) return printJson(cli, pinned)
  print(cli, [
    `${id} is pinned as ${pinned.pin.slice(0, 12)}.`,
    ...pinned.changed.map((line) => `  changed  ${plainLine(line)}`),
    ...pinned.tools.map((name) => `  tool     ${plainLine(name)}`),
    ...pinned.left_out.map((line) => `  left out ${plainLine(line)}`),
  ])
}

async function serve(cli: Cli, flags: ServeFlags): Promise<void> {
  const desk = await deskOf(cli)
  const may = flags.allowSubmit === true
  const secrets = await secretsOf(cli)
  await withPlatform(cli, may ? 'work' : 'read', async (platform) => {
    const tasks = may ? takeAssistantTasks(cli, platform, flags) : undefined
    const serving = await desk.serve({
      platform,
      secrets,
      ...(flags.http === undefined ? {} : { port: flags.http }),
      ...(tasks === undefined ? {} : { submit: (task) => tasks.submit(task) }),
    })
    if (serving.http !== null && flags.json === true) printJson(cli, serving.http)
    else if (serving.http !== null)
      print(cli, [`Serving at ${serving.http.url}; the token is in ${serving.http.token_file}. Ctrl-C ends it.`])
    let forget: () => void = () => undefined
    const interrupted = new Promise<void>((done) => {
      forget = cli.environment.onInterrupt(done)
    })
    await Promise.race([serving.ended, interrupted])
    forget()
    await serving.close()
    await tasks?.close()
  })
}

/** What this user's environment and key file hold: an assistant gets none of it, whatever a run's texts say. */
async function secretsOf({ environment }: Cli): Promise<{ readonly [name: string]: string }> {
  const named = Object.entries(environment.env).filter(
    (entry): entry is [string, string] => /(_KEY|_TOKEN|_SECRET|_PASSWORD)$/.test(entry[0]) && entry[1] !== undefined,
  )
  return { ...Object.fromEntries(named), ...(await environment.keys.read()) }
}
