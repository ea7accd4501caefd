import { parseId, type RunId } from '#domain/ids'
import type { AskedApproval } from '#domain/approval'
import { GanderError, isGanderError } from '#domain/failure'
import type { Platform } from '#ports'
import { print, type Cli } from '../cli.ts'
import { commandName, workOnRun } from '../drive-run.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { keysFor } from '../order.ts'
import { STATE_NAMES } from '../screen/live-progress.ts'
import { counted } from '../screen/figures.ts'
import { paintFor } from '../screen/paint.ts'
import { approvalLines, deskOf } from './approvals.ts'
import { requireView } from './run-argument.ts'

/** Enough of a fingerprint for no two questions of one run to share it. */
const SHOWN_DIGITS = 12
const TYPED = /^(.+)@([0-9a-f]{8,64})$/

/** Which of the questions that wait for somebody. */
export interface Chosen {
  readonly by: string
  readonly action?: string
  readonly repository?: string
}

/** One answer for several runs. */
export interface ManyAnswers {
  readonly decision: 'approved' | 'rejected'
  readonly by: string
  readonly reason: string
}

/** Shows the questions that are chosen, and the command that answers exactly them; answers none. */
export async function previewMany(cli: Cli, platform: Platform, chosen: Chosen, verb: string): Promise<void> {
  const { by, action, repository } = chosen
  const waiting = await deskOf(platform).waiting({ by })
  const fits = ({ approval }: { readonly approval: AskedApproval }) =>
    (action === undefined || approval.action === action) &&
    (repository === undefined || approval.repository === repository)
  const shown = waiting.filter((each) => each.is_mine && each.approval.kind !== 'checkpoint' && fits(each))
  if (shown.length === 0) return print(cli, ['Nothing of that waits for you.'])
  const { stdout, env } = cli.environment
  const command = commandName(cli.environment)
  const look = { paint: paintFor(stdout, env), width: Math.min(stdout.columns() - 4, 100), command }
  const runs = shown.map(({ approval }) => `${approval.run_id}@${approval.fingerprint.slice(0, SHOWN_DIGITS)}`)
  print(cli, [
    ...shown.flatMap((each) => [...approvalLines(each, look), '']),
    `Nothing was answered. This answers exactly ${shown.length === 1 ? 'this question' : `these ${shown.length}`}, and none that comes later:`,
    `${command} ${verb} ${runs.join(' ')}`,
  ])
}

/** Answers each run by itself, for exactly the question that was named; one that is refused stops none of the others. */
export async function answerMany(cli: Cli, platform: Platform, typed: readonly string[], answers: ManyAnswers) {
  const paint = paintFor(cli.environment.stdout, cli.environment.env)
  const queued: RunId[] = []
  let refused = 0
  for (const word of typed)
    try {
      const { id, state } = await answerOne(cli, platform, word, answers)
      print(cli, [`${paint.good('✓')} ${id} ${STATE_NAMES[state]}`])
      if (state === 'queued') queued.push(id)
    } catch (error) {
      if (!isGanderError(error) || error.code === 'internal') throw error
      refused += 1
      print(cli, [`${paint.bad('✗')} ${word} ${error.message}`])
    }
  if (refused > 0) print(cli, [`${counted(refused, 'answer')} of ${typed.length} not taken.`])
  const codes: number[] = []
  // A server's workers go on by themselves; on one machine whoever answers does.
  if (cli.server() === undefined)
    for (const run of queued) codes.push(await workOnRun(run, { environment: cli.environment, platform, json: false }))
  cli.ended(refused > 0 ? EXIT_CODES.failed.code : (codes.find((code) => code !== EXIT_CODES.done.code) ?? 0))
}

async function answerOne(cli: Cli, platform: Platform, word: string, { decision, by, reason }: ManyAnswers) {
  const [, named = word, print_typed] = TYPED.exec(word) ?? []
  const run = parseId('run', named) ?? (await findRun(platform, named))
  const view = await requireView(platform, run)
  const fingerprint = view.approvals?.at(-1)?.fingerprint
  if (fingerprint !== undefined && print_typed !== undefined && !fingerprint.startsWith(print_typed))
    throw new GanderError('run_not_in_state', 'asks something else now than what was shown.', {
      remedy: '`gander approvals` shows what it asks; answer that.',
    })
  const { env, keys: saved } = cli.environment
  const keys = decision === 'rejected' ? {} : keysFor(view.task.agent, { env, saved: await saved.read() })
  const answer = { decision, by, reason, ...(fingerprint !== undefined && { fingerprint }) }
  const { run: now } = await platform.decideApproval(run, answer, keys)
  return { id: now.id, state: now.state }
}
