import { print, printJson, type Cli, type Verb } from '../cli.ts'
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

interface ResumeFlags extends ActionFlags {
  readonly reason?: string
  readonly by?: string
  readonly json?: boolean
}

/** `gander resume`: lift a kill switch. */
export const addResume: Verb = (program, cli) => {
  const resume = program
    .command('resume')
    .summary('lift a stop')
    .description(
      'Lifts what `gander stop` stopped: all of it, or what the flags name. What was queued is leased again at five runs a second for half a minute; what was cancelled stays so.',
    )
    .argument('<what>', SCOPE_ARGUMENT)
    .argument('[name]', 'campaign, address of the repository, or capability')
  for (const [flag, words] of ACTION_OPTIONS) resume.option(flag, `no longer: ${words}`)
  resume
    .option('--reason <text>', 'why, for the record')
    .option('--by <name>', 'who says so (default: you)')
    .option('--json', 'one JSON object on one line')
    .action((what: string, name: string | undefined, flags: ResumeFlags) => act(cli, what, name, flags))
}

async function act(cli: Cli, what: string, name: string | undefined, flags: ResumeFlags): Promise<void> {
  const { reason = 'none was given' } = flags
  requireReason(reason, ['gander resume', what, name].filter(Boolean).join(' '))
  const moved = await withControls(cli, ({ tenant_id, switches }) =>
    switches.resume(
      scopeOfWords(cli, tenant_id, [what, name]),
      actionsOf(flags),
      flags.by ?? cli.environment.user,
      reason,
    ),
  )
  if (flags.json === true) return printJson(cli, moved)
  const left = moved.actions.length === 0 ? '' : `; still: ${moved.actions.join(', ')}`
  print(cli, [`Resumed: ${wordsOfScope(moved.scope)} (epoch ${moved.epoch})${left}`])
}
