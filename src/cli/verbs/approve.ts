import { stillMissing, type ApprovalAnswer } from '#domain/approval'
import { GanderError } from '#domain/failure'
import type { Platform, RunView } from '#ports'
import { print, withPlatform, type Cli, type Verb } from '../cli.ts'
import { workOnRun } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { keysFor } from '../order.ts'
import { answerMany, previewMany } from './answer-many.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

interface ApproveFlags {
  readonly by?: string
  readonly reason?: string
  readonly changes?: string
  readonly json?: boolean
  readonly all?: boolean
  readonly action?: string
  readonly repository?: string
}

/** `gander approve RUN…`: say yes to what runs ask for, each for itself and this once, and go on with them. */
export const addApprove: Verb = (program, cli) => {
  program
    .command('approve')
    .summary('say yes to what a run asks for')
    .description('Approves what a run waits for, for this run and this once, and goes on with it.')
    .argument('[runs...]', `${RUN_ARGUMENT}; RUN@FINGERPRINT answers that question only`)
    .option('--all', 'show everything that waits for you, with the command that approves exactly that')
    .option('--action <name>', 'with --all: only this action')
    .option('--repository <address>', 'with --all: only this repository')
    .option('--by <name>', 'who approves (default: you)')
    .option('--reason <text>', 'why, for the record')
    .option('--changes <text>', 'at a checkpoint: go on, but do this')
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
    .action(async (typed: readonly string[], flags: ApproveFlags) => {
      const [first, ...others] = typed
      if (flags.all === true || first === undefined || others.length > 0 || first.includes('@'))
        await withPlatform(cli, 'work', (platform) => several(cli, platform, typed, flags))
      else await approve(cli, first, flags)
    })
}

async function several(cli: Cli, platform: Platform, typed: readonly string[], flags: ApproveFlags): Promise<void> {
  const by = flags.by ?? cli.environment.user
  if (flags.changes !== undefined || flags.json === true || (flags.all === true) === typed.length > 0)
    throw new GanderError(
      'usage',
      'Name the runs to approve, or say --all to see them; --changes and --json are for one.',
    )
  const { action, repository } = flags
  const chosen = { by, ...(action !== undefined && { action }), ...(repository !== undefined && { repository }) }
  if (flags.all === true) return previewMany(cli, platform, chosen, 'approve')
  await answerMany(cli, platform, typed, { decision: 'approved', by, reason: flags.reason ?? '' })
}

async function approve(cli: Cli, typed: string, flags: ApproveFlags): Promise<void> {
  const { environment } = cli
  await withPlatform(cli, 'work', async (platform) => {
    const before = await requireView(platform, await findRun(platform, typed))
    const keys = keysFor(before.task.agent, { env: environment.env, saved: await environment.keys.read() })
    const answer: ApprovalAnswer = {
      decision: flags.changes === undefined ? 'approved' : 'changes_requested',
      by: flags.by ?? environment.user,
      reason: flags.changes ?? flags.reason ?? '',
    }
    const view = await platform.decideApproval(before.run.id, answer, keys)
    if (view.run.state === 'awaiting_approval' && flags.json !== true) print(cli, stillAwaited(view))
    cli.ended(await workOnRun(view.run.id, { environment, platform, json: flags.json === true }))
  })
}

/** Whose yes is awaited besides. */
function stillAwaited({ run }: RunView): readonly string[] {
  if (run.state !== 'awaiting_approval') return []
  const missing = stillMissing(run.needs ?? [], run.votes ?? [])
  return missing.map(({ kind, have, quorum }) => `${kind.replaceAll('_', ' ')}: ${have} of ${quorum}`)
}
