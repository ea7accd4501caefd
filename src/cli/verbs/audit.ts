import { InvalidArgumentError } from 'commander'
import { GanderError } from '#domain/failure'
import { EVENT_FIELDS, type EventName, type LedgerEvent } from '#domain/event'
import { LOCAL_TENANT, parseId, type TenantId } from '#domain/ids'
import { resolve } from 'node:path'
import { print, printJson, serverAddress, type Cli, type Verb } from '../cli.ts'
import type { AuditDesk } from '../audit-desk.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { counted, size } from '../screen/figures.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { reportLines } from './audit-report-lines.ts'
import { whole } from './run.ts'
import { withTenant, type OfTenant } from './tenant-flag.ts'

interface ListFlags extends OfTenant {
  readonly run?: string
  readonly actor?: string
  readonly event?: EventName
  readonly since?: string
  readonly until?: string
  readonly limit: number
  readonly json?: boolean
}

/** `gander audit`: who did what and when, and whether the record of it is whole. */
export const addAudit: Verb = (program, cli) => {
  const audit = program
    .command('audit')
    .summary('who did what, and whether the record is whole')
    .description('Lists what is on record, verifies it, and exports it.')
  const list = audit.command('list', { isDefault: true }).description('Lists events, the newest first (the default).')
  withTenant(list)
    .option('--run <run>', 'of this run')
    .option('--actor <name>', 'by this person or program')
    .option('--event <name>', 'of this kind', eventName)
    .option('--since <time>', 'from this time on, such as 2026-11-21 or 2026-11-21T10:00:00Z', moment)
    .option('--until <time>', 'before this time', moment)
    .option('--limit <n>', 'how many', whole, 30)
    .option('--json', 'one JSON array on one line')
    .action(async (flags: ListFlags) => listEvents(cli, flags))
  withTenant(audit.command('verify').description('Checks the ledger, or a file made by `gander audit export`.'))
    .argument('[file]', 'an export; it needs no database')
    .option('--key <file...>', 'public keys that are believed, as `gander audit key` prints them', [])
    .option('--json', 'one JSON object on one line')
    .action(async (file: string | undefined, flags: VerifyFlags) => verify(cli, file, flags))
  withTenant(
    audit
      .command('export')
      .description('Writes one file that proves itself: events, acts, checkpoints, artifacts by hash.'),
  )
    .argument('<file>', 'a new file')
    .option('--since <time>', 'leave out what is older', moment)
    .option('--json', 'one JSON object on one line')
    .action(async (file: string, flags: ExportFlags) => exportTo(cli, file, flags))
  audit
    .command('key')
    .description('Prints the public key that signs checkpoints and exports here.')
    .action(async () =>
      withDesk(cli, async (desk) => cli.environment.stdout.write((await (await desk.audit()).key()).public_key)),
    )
  withTenant(audit.command('checkpoint').description('Signs what is new now, and says where it is kept.')).action(
    async ({ tenant }: OfTenant) => checkpoint(cli, tenant),
  )
}

interface VerifyFlags extends OfTenant {
  readonly key: readonly string[]
  readonly json?: boolean
}

interface ExportFlags extends OfTenant {
  readonly since?: string
  readonly json?: boolean
}

/** Where a command is done: on the server that is named, only on the home it is called on, or on files that are given. */
type DeskPlace = 'anywhere' | 'this home' | 'files'

/** Opens the desk for one act. @throws GanderError `usage` with --server where the act is one of this home */
export async function withDesk<Value>(
  cli: Cli,
  act: (desk: AuditDesk) => Promise<Value>,
  place: DeskPlace = 'anywhere',
): Promise<Value> {
  const url = place === 'files' ? undefined : cli.server()
  if (url !== undefined && place === 'this home')
    throw new GanderError('usage', 'This command works on the home it is called on. It does not ask a server.', {
      remedy: 'Run it on the machine of the server, without --server.',
    })
  if (cli.environment.audit === undefined)
    throw new GanderError('usage', 'This program was built without an audit trail.')
  const desk = await cli.environment.audit(url === undefined ? undefined : await serverAddress(cli, url))
  try {
    return await act(desk)
  } finally {
    await desk.close()
  }
}

/** A token speaks for its own tenant and no other. @throws GanderError `usage` */
function ownTenant(cli: Cli, tenant: TenantId): TenantId {
  if (cli.server() === undefined || tenant === LOCAL_TENANT) return tenant
  throw new GanderError('usage', 'A server tells of the tenant of the token. --tenant is for the home itself.', {
    remedy: 'Leave --tenant out, or use a token of that tenant.',
  })
}

async function listEvents(cli: Cli, { limit, tenant, json, run, ...filter }: ListFlags): Promise<void> {
  const wanted = run === undefined ? undefined : parseId('run', run)
  if (run !== undefined && wanted === undefined)
    throw new GanderError('usage', `${run} is no run’s id.`, { remedy: '`gander list` shows them.' })
  const { items } = await withDesk(cli, async (desk) =>
    (await desk.audit()).list(
      ownTenant(cli, tenant),
      { ...filter, ...(wanted !== undefined && { run: wanted }) },
      { limit },
    ),
  )
  if (json === true) return printJson(cli, items)
  if (items.length === 0) return print(cli, ['Nothing is on record that fits.'])
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const width = stdout.is_terminal ? stdout.columns() : 400
  print(
    cli,
    table(items.map(rowOf), {
      width,
      paint: (cell, _, column) => (column === 2 ? paint.strong(cell) : paint.dim(cell)),
    }),
  )
}

const rowOf = (event: LedgerEvent): readonly string[] => [
  String(event.seq),
  event.created_at.replace('T', ' ').slice(0, 19),
  event.event,
  plainLine(event.actor),
  plainLine(event.run_id ?? event.resource_id),
  plainLine(JSON.stringify(event.facts)),
]

async function verify(cli: Cli, file: string | undefined, { tenant, key, json }: VerifyFlags): Promise<void> {
  const { environment } = cli
  const paths = key.map((path) => resolve(environment.cwd, path))
  const report =
    file === undefined
      ? await withDesk(cli, async (desk) => (await desk.audit()).verify(ownTenant(cli, tenant)))
      : await withDesk(cli, (desk) => desk.verifyFile(resolve(environment.cwd, file), paths), 'files')
  if (json === true) printJson(cli, report)
  else print(cli, reportLines(report, paintFor(environment.stdout, environment.env)))
  if (report.defect_count > 0) cli.ended(EXIT_CODES.failed.code)
}

async function exportTo(cli: Cli, file: string, { tenant, since, json }: ExportFlags): Promise<void> {
  const { environment } = cli
  const wish = { by: environment.user, ...(since !== undefined && { since }) }
  const made = await withDesk(cli, (desk) => desk.export(ownTenant(cli, tenant), resolve(environment.cwd, file), wish))
  if (json === true) return printJson(cli, made)
  print(cli, [
    `${made.path}  ${counted(made.lines, 'line')}, ${size(made.bytes)}`,
    `sha256 ${made.sha256}`,
    '`gander audit verify FILE --key KEY` checks it anywhere; `gander audit key` prints the key.',
  ])
}

async function checkpoint(cli: Cli, tenant: TenantId): Promise<void> {
  const [made, { places }] = await withDesk(cli, async (desk) => {
    const audit = await desk.audit()
    return [await audit.checkpoint(ownTenant(cli, tenant)), await audit.key()] as const
  })
  const said =
    made === undefined
      ? 'Nothing is new since the last checkpoint, or the chain is not what was signed.'
      : `Checkpoint ${made.number} signs event ${made.seq}.`
  print(cli, [said, ...places.map((where) => `  ${plainLine(where)}`)])
}

function eventName(text: string): EventName {
  if (Object.hasOwn(EVENT_FIELDS, text)) return text as EventName
  throw new InvalidArgumentError('It must be an event of docs/reference/events.md.')
}

function moment(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be a date or a time of RFC 3339.')
  return new Date(at).toISOString()
}
