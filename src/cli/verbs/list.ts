import type { RunOverview } from '#ports'
import type { RunState } from '#domain/run'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { commandName } from '../drive-run.ts'
import { asTyped } from '../screen/as-typed.ts'
import { ago, money } from '../screen/figures.ts'
import { STATE_NAMES } from '../screen/live-progress.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import { whole } from './run.ts'

/** `gander list`: the latest runs. */
export const addList: Verb = (program, cli) => {
  program
    .command('list')
    .alias('ls')
    .summary('the latest runs')
    .description('Lists the latest runs.')
    .option('--limit <n>', 'how many', whole, 20)
    .option('--json', 'one JSON array on one line')
    .action(async ({ limit, json }: { readonly limit: number; readonly json?: boolean }) => {
      const runs = await withPlatform(cli, 'read', (platform) => platform.list(limit))
      if (json === true) return printJson(cli, runs.map(overview))
      if (runs.length === 0) return print(cli, ['No runs yet. Start with: gander run --repo . --issue issue.md'])
      print(cli, [...lines(runs, cli), ...waiting(runs, cli)])
    })
}

/** What a person can do about runs that wait for leave. */
function waiting(runs: readonly RunOverview[], cli: Cli): readonly string[] {
  const advice = runs
    .filter(({ run }) => run.state === 'awaiting_approval')
    .map(({ run }) => `${run.id} waits for leave: \`gander approve ${run.id}\` or \`gander reject ${run.id}\``)
  const command = commandName(cli.environment)
  return advice.length === 0 ? [] : ['', ...advice.map((line) => asTyped(line, command))]
}

const overview = ({ run, task, use, created_at, updated_at }: RunOverview) => ({
  run_id: run.id,
  state: run.state,
  title: task.title,
  repository: task.repository,
  mode: run.mode,
  tree: run.facts.tree,
  cost_usd: use.cost_usd,
  steps: use.steps,
  created_at,
  updated_at,
  ...(run.state === 'awaiting_approval' && { next: `gander approve ${run.id}` }),
})

function lines(runs: readonly RunOverview[], cli: Cli): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const rows = runs.map(({ run, task, use, created_at }) => [
    run.id,
    STATE_NAMES[run.state],
    money(use.cost_usd),
    ago(cli.environment.now() - Date.parse(created_at)),
    plainLine(task.title),
  ])
  return table(rows, {
    width: stdout.is_terminal ? stdout.columns() : 400,
    paint: (cell, row, column) => {
      const state = runs[row]?.run.state
      if (column === 1 && state !== undefined) return stateInk(state, paint)(cell)
      return column === 4 ? cell : paint.dim(cell)
    },
  })
}

/** The colour of a state: good, needs somebody, broken, or under way. */
function stateInk(state: RunState, paint: Paint): (text: string) => string {
  if (state === 'completed') return paint.good
  if (state === 'failed' || state === 'blocked_policy') return paint.bad
  if (state === 'needs_human' || state === 'paused' || state === 'awaiting_approval') return paint.warn
  return state === 'cancelled' ? paint.dim : paint.link
}
