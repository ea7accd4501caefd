import { GanderError } from '#domain/failure'
import type { SwitchAction } from '#domain/kill-switch'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { paintFor } from '../screen/paint.ts'
import { table } from '../screen/table.ts'
import {
  ACTION_OPTIONS,
  actionsOf,
  requireReason,
  SCOPE_ARGUMENT,
  scopeOfWords,
  withControls,
  wordsOfScope,
  type ActionFlags,
} from './switch-scope.ts'

interface StopFlags extends ActionFlags {
  readonly drill?: boolean
  readonly reason?: string
  readonly by?: string
  readonly json?: boolean
}

/** What is stopped where no flag says what. */
const ALL_EFFECTS: readonly SwitchAction[] = ['no_new_runs', 'cancel_running_runs', 'no_pull_requests']

/** `gander stop`: throw a kill switch. */
export const addStop: Verb = (program, cli) => {
  const stop = program
    .command('stop')
    .summary('stop everything, or a part, within seconds')
    .description(
      'Stops runs: all of them, or those of a tenant, campaign, repository or capability. Without flags no run begins, runs in hand are cancelled with their work kept, and nothing is published. Without any word it tells what it would do, and asks.',
    )
    .argument('[what]', SCOPE_ARGUMENT)
    .argument('[name]', 'campaign, address of the repository, or capability')
  for (const [flag, words] of ACTION_OPTIONS) stop.option(flag, words)
  stop
    .option('--drill', 'stop one run that is made for it, touch nothing else, and tell how long it took')
    .option('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who says so (default: you)')
    .option('--json', 'one JSON object on one line')
    .action((what: string | undefined, name: string | undefined, flags: StopFlags) => act(cli, what, name, flags))
}

async function act(cli: Cli, what: string | undefined, name: string | undefined, flags: StopFlags): Promise<void> {
  if (flags.drill === true) return drill(cli, flags.json === true)
  const reason = flags.reason ?? (what === undefined ? 'asked at the terminal' : '')
  requireReason(reason, ['gander stop', what, name].filter(Boolean).join(' '))
  const level = what ?? (await agreed(cli))
  const chosen = actionsOf(flags)
  const moved = await withControls(cli, ({ tenant_id, switches }) => {
    const scope = scopeOfWords(cli, tenant_id, [level, name])
    const actions = chosen.length === 0 ? ALL_EFFECTS : chosen
    return switches.stop(scope, actions, flags.by ?? cli.environment.user, reason)
  })
  if (flags.json === true) return printJson(cli, moved)
  const words = wordsOfScope(moved.scope)
  print(cli, [
    `Stopped: ${words} (epoch ${moved.epoch})`,
    `  ${moved.actions.join(', ')}`,
    `No effect follows after two seconds. \`gander resume ${words}\` lifts it; \`gander switches\` shows all.`,
  ])
}

/** The targets that a drill is held against. */
const LAST_EFFECT_MS = 2_000
const ENDED_MS = 5_000

async function drill(cli: Cli, json: boolean): Promise<void> {
  const { stdout, env } = cli.environment
  const here = cli.server() === undefined
  const measured = here
    ? await withPlatform(cli, 'work', async (platform) => cli.environment.drillStop?.(platform))
    : undefined
  if (measured === undefined)
    throw new GanderError('usage', 'A drill is done on the machine whose workers it tries.', {
      remedy: 'Run `gander stop --drill` there, without --server.',
    })
  const held = measured.last_effect_ms <= LAST_EFFECT_MS && measured.run_ended_ms <= ENDED_MS
  cli.ended(held ? EXIT_CODES.done.code : EXIT_CODES.failed.code)
  if (json) return printJson(cli, { ...measured, held })
  const paint = paintFor(stdout, env)
  const rows = [
    ['acknowledged', `${measured.acknowledged_ms} ms`, 'after the command'],
    ['last effect', `${measured.last_effect_ms} ms`, 'after that: no process of the run lives; 2,000 are allowed'],
    [measured.state, `${measured.run_ended_ms} ms`, `after that: ${measured.run_id} has its end on record`],
  ]
  const inked = (cell: string, _: number, at: number) => (at === 1 ? paint.strong(cell) : cell)
  print(cli, [
    ...table(rows, { width: 120, paint: inked }),
    held ? paint.good('The stop holds.') : paint.bad('Too late.'),
  ])
}

/** What a bare `gander stop` would do, and a person's yes to it. @throws GanderError `usage` where nobody can be asked */
async function agreed(cli: Cli): Promise<string> {
  const { stdin, stderr, env } = cli.environment
  const paint = paintFor(stderr, env)
  const rows = [
    ['no_new_runs', 'no run is taken in, and none is leased'],
    ['cancel_running_runs', 'every run in hand is cancelled; its work is kept'],
    ['no_pull_requests', 'nothing is published'],
  ]
  const lines = table(rows, {
    width: 100,
    indent: '  ',
    paint: (cell, _, at) => (at === 0 ? paint.strong(cell) : cell),
  })
  stderr.write(`\`gander stop everything\` would stop the whole installation:\n${lines.join('\n')}\n`)
  const answer = stdin.is_terminal ? await stdin.askHidden('Type "stop" to do it: ') : ''
  if (answer.trim() === 'stop') return 'everything'
  throw new GanderError('usage', 'Nothing was stopped.', {
    remedy: 'Say what: `gander stop everything --reason "…"`, or `gander stop repository URL --reason "…"`.',
  })
}
