import { stillMissing } from '#domain/approval'
import { GanderError } from '#domain/failure'
import type { TenantApprovals, WaitingApproval } from '#ports'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { commandName } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { counted, money } from '../screen/figures.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine, wrap } from '../screen/plain-text.ts'
import { RUN_ARGUMENT } from './run-argument.ts'

interface ListFlags {
  readonly by?: string
  readonly all?: boolean
  readonly json?: boolean
}

/** `gander approvals`: what waits for people, and taking a yes back. */
export const addApprovals: Verb = (program, cli) => {
  program
    .command('approvals')
    .summary('what waits for your yes or no')
    .description('Shows what runs ask people for, with what a person needs to decide it.')
    .option('--by <name>', 'for whom (default: you)')
    .option('--all', 'also what others have to answer')
    .option('--json', 'one JSON array on one line')
    .action(async (flags: ListFlags) => await list(cli, flags))
  program
    .command('revoke')
    .summary('take a yes back before it is used')
    .description('Takes a yes back. The run asks anew before it does what the yes was for.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--by <name>', 'who takes it back (default: you)')
    .option('--reason <text>', 'why, for the record')
    .action(async (typed: string, { by = cli.environment.user, reason = '' }: { by?: string; reason?: string }) => {
      await withPlatform(cli, 'read', async (platform) => {
        const run = await findRun(platform, typed)
        await deskOf(platform).revoke(run, { by, reason })
        print(cli, [`${run} the yes is taken back`])
      })
    })
}

/** The desk of a platform. @throws GanderError `usage` where it has none */
export function deskOf({ desk }: { readonly desk?: TenantApprovals }): TenantApprovals {
  if (desk !== undefined) return desk
  throw new GanderError('usage', 'This server does not offer what waits for people.', {
    remedy: 'Run the command on the machine of the server, or use a newer server.',
  })
}

async function list(cli: Cli, { by = cli.environment.user, all, json }: ListFlags): Promise<void> {
  const waiting = await withPlatform(cli, 'read', (platform) => deskOf(platform).waiting({ by }))
  const shown = waiting.filter(({ is_mine }) => is_mine || all === true)
  if (json === true) return printJson(cli, shown)
  const others = waiting.length - shown.length
  const rest = others === 0 ? [] : [`${counted(others, 'question')} for others; --all shows them.`]
  if (shown.length === 0) return print(cli, ['Nothing waits for you.', ...rest])
  const { stdout, env } = cli.environment
  const look = {
    paint: paintFor(stdout, env),
    width: Math.min(stdout.columns() - 4, 100),
    command: commandName(cli.environment),
  }
  print(cli, [...shown.flatMap((each) => [...approvalLines(each, look), '']), ...rest])
}

interface Look {
  readonly paint: Paint
  readonly width: number
  readonly command: string
}

/** One question as a person needs it to decide. */
export function approvalLines(
  { approval, because, preview }: WaitingApproval,
  { paint, width, command }: Look,
): readonly string[] {
  const { run_id, kind, action, subject, requirements = [], votes = [] } = approval
  const row = (label: string, text: string) =>
    wrap(plainLine(text), width - 10).map((line, at) => `  ${paint.dim((at === 0 ? label : '').padEnd(8))}  ${line}`)
  const missing = stillMissing(requirements, votes)
  const awaited = missing.map(({ kind: each, have, quorum }) => `${each.replaceAll('_', ' ')} ${have} of ${quorum}`)
  const named = [...new Set(requirements.flatMap(({ approvers }) => approvers))]
  const instead = requirements.flatMap(({ administrators_because }) => administrators_because ?? [])
  const changed =
    preview === null || preview.files === 0
      ? ''
      : `${counted(preview.files, 'file')}, +${preview.added_lines} -${preview.deleted_lines}: ${(preview.paths ?? []).slice(0, 6).join(', ')}`
  const gates = (preview?.gates ?? []).map(({ gate, answer }) => `${gate} ${answer.replaceAll('_', ' ')}`).join(', ')
  return [
    `${paint.strong(plainLine(approval.title))}  ${paint.dim(run_id)}`,
    ...row('asks', `${kind}: ${action} ${subject.slice(0, 6).join(', ')}`),
    ...row('why', approval.reason),
    ...(changed === '' ? [] : row('change', changed)),
    ...(gates === '' ? [] : row('gates', gates)),
    ...(preview?.risk ? row('risk', `${preview.risk.tier}: ${preview.risk.reasons.slice(0, 3).join('; ')}`) : []),
    ...(preview === null ? [] : row('cost', money(preview.cost_usd))),
    ...(awaited.length === 0
      ? []
      : row('awaits', `${awaited.join(', ')}${named.length === 0 ? '' : ` (${named.join(', ')})`}`)),
    ...(instead.length === 0 ? [] : row('instead', `administrators may: ${instead.join('; ')}`)),
    ...row('by', `${approval.requester}, until ${approval.expires_at}`),
    ...(because === null ? next(approval, command, paint) : [`  ${paint.dim(because)}`]),
  ]
}

function next({ run_id, kind }: WaitingApproval['approval'], command: string, paint: Paint): readonly string[] {
  const yes = `  ${paint.link(`${command} approve ${run_id}`)}   ${paint.link(`${command} reject ${run_id}`)}`
  return kind === 'checkpoint' ? [yes, `  ${paint.link(`${command} approve ${run_id} --changes TEXT`)}`] : [yes]
}
