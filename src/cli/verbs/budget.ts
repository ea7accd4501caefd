import { BUDGET_SCOPES, type BudgetScope, type ScopeBudget } from '#domain/budget'
import { GanderError } from '#domain/failure'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { counted, money } from '../screen/figures.ts'
import { paintFor } from '../screen/paint.ts'
import { table } from '../screen/table.ts'
import { withControls } from './switch-scope.ts'

interface SetFlags {
  readonly maxCost: string
  readonly by?: string
}

/** `gander budget`: what may be spent over many runs, what was, and what an outcome costs. */
export const addBudget: Verb = (program, cli) => {
  const budget = program
    .command('budget')
    .summary('what may be spent over many runs, and what was')
    .description('Shows the budgets over many runs and what runs have cost by how they ended.')
    .option('--json', 'one JSON object on one line')
    .action(async ({ json }: { readonly json?: boolean }) => show(cli, json === true))
  budget
    .command('set')
    .description('Sets what a scope may use in US dollars; 0 means none.')
    .argument('<scope>', 'day (each UTC day), tenant, task_class NAME or campaign NAME')
    .argument('[name]', 'the task class or the campaign')
    .requiredOption('--max-cost <usd>', 'US dollars, or `none` to set no limit')
    .option('--by <name>', 'who says so (default: you)')
    .action((kind: string, subject: string | undefined, flags: SetFlags) => set(cli, scopeOf(kind, subject), flags))
}

function scopeOf(kind: string, subject = ''): BudgetScope {
  const known = BUDGET_SCOPES.find((each) => each === kind)
  if (known !== undefined) return { kind: known, subject }
  throw new GanderError('usage', `${JSON.stringify(kind)} has no budget.`, {
    remedy: `Say one of ${BUDGET_SCOPES.join(', ')}; a run's own budget is given with the run.`,
  })
}

async function set(cli: Cli, scope: BudgetScope, { maxCost, by }: SetFlags): Promise<void> {
  const limit = maxCost === 'none' ? null : maxCost.trim() === '' ? Number.NaN : Number(maxCost)
  if (limit !== null && !Number.isFinite(limit))
    throw new GanderError('usage', `${JSON.stringify(maxCost)} is no amount of US dollars.`, {
      remedy: 'Give a number such as 25, 0 for none, or the word none for no limit.',
    })
  const now = await withControls(cli, ({ tenant_id, budgets }) =>
    budgets.setLimit(tenant_id, scope, limit, by ?? cli.environment.user),
  )
  print(cli, [`${nameOf(now)}: ${limitOf(now)}, ${money(now.cost_usd)} used`])
}

async function show(cli: Cli, json: boolean): Promise<void> {
  const { scopes, outcomes } = await withControls(cli, async ({ tenant_id, budgets }) => {
    const [all, ended] = await Promise.all([budgets.list(tenant_id), budgets.outcomes(tenant_id)])
    return { scopes: all, outcomes: ended }
  })
  if (json) return printJson(cli, { scopes, outcomes })
  if (scopes.length + outcomes.length === 0) return print(cli, ['Nothing was spent, and no budget is set.'])
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const width = stdout.is_terminal ? stdout.columns() : 400
  const dim = (cell: string, _: number, column: number) => (column === 0 ? cell : paint.dim(cell))
  const rows = scopes.map((scope) => [
    nameOf(scope),
    `${money(scope.cost_usd)} used`,
    `${money(scope.reserved_usd)} reserved`,
    limitOf(scope),
  ])
  const ended = outcomes.map(({ task_class, outcome, runs, cost_usd, cost_per_run_usd }) => [
    task_class,
    outcome,
    counted(runs, 'run'),
    money(cost_usd),
    `${money(cost_per_run_usd)} each`,
  ])
  print(cli, [
    ...table(rows, { width, paint: dim }),
    ...(ended.length === 0 ? [] : ['', paint.strong('Cost by outcome'), ...table(ended, { width, paint: dim })]),
  ])
}

const nameOf = ({ kind, subject, period }: ScopeBudget): string =>
  [kind, subject, period].filter((word) => word !== '').join(' ')

const limitOf = ({ max_cost_usd }: ScopeBudget): string =>
  max_cost_usd === null ? 'no limit' : `of ${money(max_cost_usd)}`
