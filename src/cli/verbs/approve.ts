import { stillMissing, type ApprovalAnswer } from '#domain/approval'
import type { RunView } from '#ports'
import { print, withPlatform, type Cli, type Verb } from '../cli.ts'
import { workOnRun } from '../drive-run.ts'
import { findRun } from '../find-run.ts'
import { keysFor } from '../order.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

interface ApproveFlags {
  readonly by?: string
  readonly reason?: string
  readonly changes?: string
  readonly json?: boolean
}

/** `gander approve RUN`: say yes to what a run asks for, for this run and this once, and go on with it. */
export const addApprove: Verb = (program, cli) => {
  program
    .command('approve')
    .summary('say yes to what a run asks for')
    .description('Approves what a run waits for, for this run and this once, and goes on with it.')
    .argument('<run>', RUN_ARGUMENT)
    .option('--by <name>', 'who approves (default: you)')
    .option('--reason <text>', 'why, for the record')
    .option('--changes <text>', 'at a checkpoint: go on, but do this')
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
    .action(async (typed: string, flags: ApproveFlags) => await approve(cli, typed, flags))
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
