import { GanderError } from '#domain/failure'
import { parseId } from '#domain/ids'
import { NAMED_PROFILES } from '#domain/verification'
import { withAdministration } from '../administration.ts'
import { print, type Cli, type Verb } from '../cli.ts'
import { repositoryName, requireReason, withControls } from './switch-scope.ts'
import { showSwitches } from './switches.ts'

interface OpsFlags {
  readonly all?: boolean
  readonly by?: string
  readonly reason?: string
}

/** `gander ops`: what operators do besides stopping and approving. */
export const addOps: Verb = (program, cli) => {
  const ops = program
    .command('ops')
    .summary('pause the scheduler, revoke a lease, block a repository, set its verifier')
    .description('What operators do besides stopping and approving; every act is in the ledger.')
  const add = (name: string, description: string) =>
    ops
      .command(name)
      .description(description)
      .option('--by <name>', 'who says so (default: you)')
      .option('--reason <text>', 'why, for the record')
  ops
    .command('status')
    .description('Shows whether the scheduler stands still and what is stopped, since when, by whom.')
    .option('--json', 'one JSON object on one line')
    .action(({ json }: { readonly json?: boolean }) => showSwitches(cli, json === true))
  add('pause', 'Lets no further run be leased; runs in hand go on and new ones are taken in.')
    .option('--all', 'for every tenant')
    .action((flags: OpsFlags) => pause(cli, flags))
  add('unpause', 'Lets runs be leased again.')
    .option('--all', 'what was paused for every tenant')
    .action((flags: OpsFlags) => unpause(cli, flags))
  add('revoke-lease', 'Takes a run from its worker and puts it back into the queue.')
    .argument('<run>', 'the run')
    .action((run: string, flags: OpsFlags) => revoke(cli, run, flags))
  add('verifier', "Sets the profile that proves every change of a repository; a run's own choice is refused then.")
    .argument('<repository>', 'its address')
    .argument('<profile>', `${NAMED_PROFILES.join(', ')}; or none`)
    .action((repository: string, profile: string) => setVerifier(cli, repository, profile))
  add('block', 'Blocks a repository: nothing is done in it any more. `gander resume repository URL` lifts it.')
    .argument('<repository>', 'its address')
    .action((repository: string, flags: OpsFlags) => block(cli, repository, flags))
}

/** Why, in words; an empty text is no reason, and leaving it out is told as such. */
function reasonOf({ reason = 'none was given' }: OpsFlags, command: string): string {
  requireReason(reason, command)
  return reason
}

const byOf = (cli: Cli, flags: OpsFlags): string => flags.by ?? cli.environment.user

async function pause(cli: Cli, flags: OpsFlags): Promise<void> {
  const reason = reasonOf(flags, 'gander ops pause')
  const paused = await withControls(cli, ({ tenant_id, governance }) =>
    governance.pauseScheduler(flags.all === true ? null : tenant_id, byOf(cli, flags), reason),
  )
  print(cli, [`The scheduler of ${paused.tenant_id ?? 'every tenant'} stands still. \`gander ops unpause\` lifts it.`])
}

async function unpause(cli: Cli, flags: OpsFlags): Promise<void> {
  const reason = reasonOf(flags, 'gander ops unpause')
  const was = await withControls(cli, ({ tenant_id, governance }) =>
    governance.resumeScheduler(flags.all === true ? null : tenant_id, byOf(cli, flags), reason),
  )
  print(cli, [was ? 'The scheduler goes on.' : 'The scheduler was not paused.'])
}

async function revoke(cli: Cli, typed: string, flags: OpsFlags): Promise<void> {
  const reason = reasonOf(flags, `gander ops revoke-lease ${typed}`)
  const id = parseId('run', typed)
  if (id === undefined) throw new GanderError('run_not_found', `${JSON.stringify(typed)} is no run.`)
  const run = await withControls(cli, ({ tenant_id, governance }) =>
    governance.revokeLease(tenant_id, id, byOf(cli, flags), reason),
  )
  print(cli, [`${run.id} is ${run.state} again; what its worker still writes is refused.`])
}

/** What is agreed for a repository is pinned to each task that is taken from then on. */
async function setVerifier(cli: Cli, typed: string, profile: string): Promise<void> {
  const repository = repositoryName(cli, typed)
  if (profile !== 'none' && !NAMED_PROFILES.some((name) => name === profile))
    throw new GanderError('verifier_invalid', `There is no profile ${JSON.stringify(profile)}.`, {
      remedy: `Give one of ${NAMED_PROFILES.join(', ')}, or none.`,
    })
  const verifier_profile = profile === 'none' ? null : profile
  const record = await withAdministration(cli, (desk) => desk.putRepository(repository, { verifier_profile }))
  const proved = record.verifier_profile ?? 'whatever is found in it, or a run names'
  print(cli, [`${record.repository} (version ${record.version}) is verified by ${proved}.`])
}

async function block(cli: Cli, typed: string, flags: OpsFlags): Promise<void> {
  const reason = reasonOf(flags, `gander ops block ${typed}`)
  const repository = repositoryName(cli, typed)
  const moved = await withControls(cli, ({ tenant_id, switches }) =>
    switches.stop({ level: 'repository', tenant_id, repository }, ['block_repository'], byOf(cli, flags), reason),
  )
  print(cli, [`Blocked: ${repository} (epoch ${moved.epoch}). \`gander resume repository ${repository}\` lifts it.`])
}
