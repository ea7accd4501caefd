import { GanderError } from '#domain/failure'
import { KNOWN_GUESTS, RUN_MODES, type AgentChoice } from '#domain/task'
import type { RunOrder, RunView } from '#ports'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { withPlatform, type Cli, type Verb } from '../cli.ts'
import { workOnRun } from '../drive-run.ts'
import { MODEL_APIS } from '../model-choice.ts'
import { readOrder, type RunFlags } from '../order.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { termsOf } from '../screen/terms.ts'

/** `gander run`: a task in, a draft pull request with evidence out. */
export const addRun: Verb = (program, cli) => {
  const run = program
    .command('run')
    .summary('work on an issue and propose the change')
    .description(
      'Works on a task in a sandbox, verifies it, and proposes the change as a draft pull request with evidence.',
    )
    .argument(
      '[command...]',
      'after --: the command that makes the change, or with --agent command the guest that does',
    )
    .addHelpText('after', EXAMPLES)
  addTaskFlags(run)
  addAgentFlags(run)
  addLimitFlags(run)
  run.action(async (typed: readonly string[], flags: RunFlags) => {
    if (typed.length > cli.after_dashes.length)
      throw new GanderError('usage', `Unexpected argument '${typed[0]}'. A command to run goes after two hyphens.`, {
        remedy: 'Write it as `gander run --repo . -- COMMAND`, or give the issue with --issue.',
      })
    const order = await readOrder(flags, cli.after_dashes, cli.environment)
    await submitAndWork(cli, order, { json: flags.json === true })
  })
}

/** Submits an order and works on its run; what `run` and `demo` share. */
export async function submitAndWork(
  cli: Cli,
  order: RunOrder,
  wish: { readonly json: boolean; readonly remark?: string },
): Promise<void> {
  const { environment } = cli
  await withPlatform(cli, 'work', async (platform) => {
    const view = await platform.submit(order)
    const screen = wish.json ? environment.stderr : environment.stdout
    screen.write(`${opening(cli, view, wish).join('\n')}\n`)
    cli.ended(await workOnRun(view.run.id, { environment, platform, json: wish.json }))
  })
}

function opening(
  cli: Cli,
  { run, task }: RunView,
  { json, remark }: { readonly json: boolean; readonly remark?: string },
): readonly string[] {
  const screen = json ? cli.environment.stderr : cli.environment.stdout
  const paint = paintFor(screen, cli.environment.env)
  const agent = agentShown(task.agent)
  const base = task.base_ref === null ? '' : ` at ${task.base_ref}`
  const words = `${run.id} · ${task.repository}${base} · ${task.mode} · ${agent}`
  const derived = task.success_criteria.filter((criterion) => criterion.origin === 'derived')
  return [
    paint.strong(plainLine(task.title)),
    ...(words.length <= screen.columns() || !screen.is_terminal
      ? [paint.dim(words)]
      : [paint.dim(run.id), paint.dim(words.slice(run.id.length + 3))]),
    ...termsOf(task).map(([label, text]) => `${paint.dim(label.padEnd(8))}  ${plainLine(text)}`),
    ...(remark === undefined ? [] : [paint.warn(remark)]),
    ...(derived.length === 0 ? [] : [paint.dim('The issue states no criteria; these were derived from its text:')]),
    ...derived.map((criterion) => paint.dim(`  - ${plainLine(criterion.text)}`)),
    '',
  ]
}

function agentShown(agent: AgentChoice): string {
  if (agent.kind === 'transform') return 'transform'
  const model = `${agent.model.provider}:${shortModel(agent.model.model)}`
  if (agent.kind === 'native') return model
  const guest = agent.guest.kind === 'known' ? agent.guest.id : plainLine(agent.guest.argv[0] ?? agent.guest.kind)
  return `${guest} with ${model}`
}

const shortModel = (model: string) => (model.startsWith('/') ? (model.split('/').at(-1) ?? model) : model)

function addTaskFlags(run: Command): void {
  run
    .optionsGroup('The task:')
    .option('--repo <path|url>', 'the git repository; a checkout of yours is only read')
    .option('--issue <file|url|->', 'a Markdown issue, its address on GitHub, or - for standard input')
    .option('--task <file>', 'a task file instead of an issue (YAML or JSON)')
    .option('--base <ref>', 'branch, tag or commit to start from (default: the default branch)')
    .addOption(new Option('--mode <mode>', 'what the run may do (default: draft_pr)').choices(RUN_MODES))
    .addOption(
      new Option(
        '--level <1-4>',
        'who decides when a gate says no: 1 you after each phase, 2 you at checkpoints, 3 the gates (default)',
      ).choices(['1', '2', '3', '4']),
    )
    .option('--capability <id>', 'the contract it runs under (`gander capability list`)')
    .option('--allow <glob...>', 'paths the change may touch (default: all that are not protected)')
    .option('--forbid <glob...>', 'paths the change must not touch')
    .option('--policy <file>', 'what this run may not do; it can only take away')
    .option('--sandbox-profile <name|file>', 'what its sandboxes may do (default: the built-in profile)')
    .option('--verify <profile|file>', 'what proves the change (default: found from the repository)')
}

function addAgentFlags(run: Command): void {
  run
    .optionsGroup('Who works:')
    .addOption(
      new Option(
        '--agent <kind>',
        'a model, a deterministic transform, or a coding agent as a guest (`gander agents`)',
      ).choices(['native', 'transform', ...KNOWN_GUESTS, 'acp', 'command']),
    )
    .option('--model <provider:model>', 'anthropic:NAME, openai:NAME, google:NAME, local:NAME or recorded:FILE')
    .option('--fallback-model <provider:model>', 'used when the first one cannot be reached')
    .option('--model-url <url>', 'address of a server of your own')
    .addOption(new Option('--model-api <format>', 'what that server speaks').choices(MODEL_APIS))
    .option('--rule <file>', 'transform: an ast-grep rule')
}

function addLimitFlags(run: Command): void {
  run
    .optionsGroup('Limits and output:')
    .option('--max-cost <usd>', 'US dollars for model calls (default: 5)', amount)
    .option('--max-minutes <n>', 'minutes of work (default: 60)', amount)
    .option('--max-steps <n>', 'model and tool calls (default: 80)', whole)
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
}

/** Reads an amount; 0 means none, never unlimited. */
export function amount(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number, 0 or more; 0 means none.')
  return value
}

/** Reads a whole number; 0 means none, never unlimited. */
export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more; 0 means none.')
  return Number(text)
}

const EXAMPLES = `
Examples:
  gander run --repo . --issue issue.md
  gander run --repo https://github.com/acme/retry --issue https://github.com/acme/retry/issues/7
  gander run --repo . --issue issue.md --model local:qwen3-coder --model-url http://127.0.0.1:11434/v1
  gander run --repo . --issue issue.md --mode dry_run_patch --max-cost 1
  gander run --repo . --rule no-var.yaml
  gander run --repo . -- npx prettier --write src`
