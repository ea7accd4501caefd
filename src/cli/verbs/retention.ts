import { parseId, type RunId, type TenantId } from '#domain/ids'
import { GanderError } from '#domain/failure'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { counted, size } from '../screen/figures.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { withDesk } from './audit.ts'
import { withTenant, type OfTenant } from './tenant-flag.ts'

interface Json {
  readonly json?: boolean
}

/** `gander retention`: let go of what no rule keeps, and hold what must stay. */
export const addRetention: Verb = (program, cli) => {
  const retention = program
    .command('retention')
    .summary('let go of what is old, and hold what must stay')
    .description('Removes what is older than GANDER_HOME/retention.yaml allows, and leaves an event for each.')
  retention
    .command('sweep')
    .description('Removes what is older than its rule; a server does so every hour.')
    .option('--dry-run', 'say what would go, and remove nothing')
    .option('--json', 'one JSON object on one line')
    .action(async (flags: Json & { readonly dryRun?: boolean }) =>
      sweep(cli, flags.dryRun === true, flags.json === true),
    )
  withTenant(retention.command('hold'))
    .description('Keeps everything of a run, however old, until it is released.')
    .argument('<run>', 'its id')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (run: string, { reason, tenant }: Placing) => hold(cli, tenant, runId(run), reason))
  withTenant(retention.command('release'))
    .description('Lets the rules apply to a held run again.')
    .argument('<run>', 'its id')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (run: string, { reason, tenant }: Placing) => release(cli, tenant, runId(run), reason))
  withTenant(retention.command('holds'))
    .description('Lists the runs that are held.')
    .option('--json', 'one JSON array on one line')
    .action(async ({ json, tenant }: Json & OfTenant) => holds(cli, tenant, json === true))
}

interface Placing extends OfTenant {
  readonly reason: string
}

async function sweep(cli: Cli, dry_run: boolean, json: boolean): Promise<void> {
  const swept = await withDesk(cli, async (desk) => (await desk.retention()).sweep({ dry_run }))
  if (json) return printJson(cli, swept ?? null)
  if (swept === undefined) return print(cli, ['Another sweep or a backup is under way; nothing was removed.'])
  const verb = dry_run ? 'would expire' : 'expired'
  print(cli, [
    `${counted(swept.expired, 'artifact')} ${verb} (${size(swept.expired_bytes)}), ${counted(swept.payload_runs, 'run')} with old payloads (${size(swept.payload_bytes)}).`,
    ...Object.entries(swept.by_rule).map(([rule, n]) => `  ${rule}  ${n}`),
    ...(dry_run ? [] : [`Bytes removed: ${counted(swept.removed, 'content')}.`]),
    `Memory: ${counted(swept.memory_expired, 'entry', 'entries')} ${verb}, ${counted(swept.memory_erased, 'text')} erased.`,
    `Kept: ${swept.kept_for_packets} for valid packets, ${swept.kept_for_others} for others that have the same bytes.`,
  ])
}

async function hold(cli: Cli, tenant: TenantId, run: RunId, reason: string): Promise<void> {
  await withDesk(cli, async (desk) => (await desk.retention()).hold(tenant, run, cli.environment.user, reason))
  print(cli, [`Everything of ${run} stays until \`gander retention release ${run}\`.`])
}

async function release(cli: Cli, tenant: TenantId, run: RunId, reason: string): Promise<void> {
  const was = await withDesk(cli, async (desk) =>
    (await desk.retention()).release(tenant, run, cli.environment.user, reason),
  )
  print(cli, [was ? `The rules apply to ${run} again.` : `${run} was not held.`])
}

async function holds(cli: Cli, tenant: TenantId, json: boolean): Promise<void> {
  const held = await withDesk(cli, async (desk) => (await desk.retention()).holds(tenant))
  if (json) return printJson(cli, held)
  if (held.length === 0) return print(cli, ['No run is held.'])
  const rows = held.map(({ run_id, placed_at, placed_by, reason }) => [
    run_id,
    placed_at.slice(0, 10),
    plainLine(placed_by),
    plainLine(reason),
  ])
  print(cli, table(rows, { width: cli.environment.stdout.columns() }))
}

function runId(text: string): RunId {
  const run = parseId('run', text)
  if (run !== undefined) return run
  throw new GanderError('usage', `${plainLine(text)} is no run’s id.`, { remedy: '`gander list` shows them.' })
}
