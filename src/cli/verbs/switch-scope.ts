import { resolve } from 'node:path'
import { GanderError } from '#domain/failure'
import type { SwitchAction, SwitchScope } from '#domain/kill-switch'
import type { TenantId } from '#domain/ids'
import type { Controls } from '#ports'
import { withPlatform, type Cli } from '../cli.ts'

/** Flags that name what a switch does. */
export interface ActionFlags {
  readonly newRuns?: boolean
  readonly running?: boolean
  readonly pullRequests?: boolean
  readonly autonomous?: boolean
  readonly waves?: boolean
  readonly shellNetwork?: boolean
  readonly block?: boolean
}

const FLAGS: Readonly<Record<keyof ActionFlags, readonly [SwitchAction, flag: string, words: string]>> = {
  newRuns: ['no_new_runs', '--new-runs', 'no run is taken in or leased'],
  running: ['cancel_running_runs', '--running', 'runs in hand are cancelled, their work is kept'],
  pullRequests: ['no_pull_requests', '--pull-requests', 'nothing is published; runs wait instead'],
  autonomous: ['no_autonomous_runs', '--autonomous', 'no run that nobody looks at before it publishes'],
  waves: ['pause_waves', '--waves', 'no further run of a campaign'],
  shellNetwork: ['no_shell_network', '--shell-network', 'setups reach no registry; runs that need one wait'],
  block: ['block_repository', '--block', 'nothing is done in the repository any more'],
}

/** The flags with what each means, for the help of a verb. */
export const ACTION_OPTIONS: readonly (readonly [flag: string, words: string])[] = Object.values(FLAGS).map(
  ([, flag, words]) => [flag, words],
)

/** What the flags name, in the order of the catalogue. */
export const actionsOf = (flags: ActionFlags): readonly SwitchAction[] =>
  Object.entries(FLAGS).flatMap(([name, [action]]) => (flags[name as keyof ActionFlags] === true ? [action] : []))

const LEVELS = ['everything', 'tenant', 'campaign', 'repository', 'capability'] as const

/** The argument as it is told in the help. */
export const SCOPE_ARGUMENT = `${LEVELS.join(', ')}; the last three with a name`

/** A repository as tasks name it: an address as it is, a folder by its whole path. */
export const repositoryName = (cli: Cli, name: string): string =>
  /^[a-z]+:\/\/|^[\w.-]+@[\w.-]+:/i.test(name) ? name : resolve(cli.environment.cwd, name)

/** Where a switch holds, out of the words that were typed. @throws GanderError `usage` */
export function scopeOfWords(
  cli: Cli,
  tenant_id: TenantId,
  [level = '', name]: readonly (string | undefined)[],
): SwitchScope {
  const alone = level === 'everything' || level === 'tenant'
  if (alone && name !== undefined)
    throw new GanderError('usage', `${level} has no name.`, { remedy: `Leave ${JSON.stringify(name)} out.` })
  if (level === 'everything') return { level: 'global' }
  if (level === 'tenant') return { level, tenant_id }
  if (level !== 'campaign' && level !== 'repository' && level !== 'capability')
    throw new GanderError('usage', `${JSON.stringify(level)} is nothing that can be stopped.`, {
      remedy: `Say one of ${LEVELS.join(', ')}.`,
    })
  if (name === undefined)
    throw new GanderError('usage', `Which ${level}?`, { remedy: `Name it: \`gander stop ${level} NAME\`.` })
  if (level === 'campaign') return { level, tenant_id, campaign_id: name }
  return level === 'repository'
    ? { level, tenant_id, repository: repositoryName(cli, name) }
    : { level, tenant_id, capability: name }
}

/** A stop, a lift or a pause says why. @throws GanderError `usage` where no word was given */
export function requireReason(reason: string, command: string): void {
  if (reason.trim() !== '') return
  throw new GanderError('usage', 'A reason is needed: whoever finds what was stopped wants to know.', {
    remedy: `Say why: \`${command} --reason "…"\`.`,
  })
}

/** The words that name a scope again. */
export function wordsOfScope(scope: SwitchScope): string {
  switch (scope.level) {
    case 'global':
      return 'everything'
    case 'tenant':
      return 'tenant'
    case 'campaign':
      return `campaign ${scope.campaign_id}`
    case 'repository':
      return `repository ${scope.repository}`
    case 'capability':
      return `capability ${scope.capability}`
    default:
      return scope satisfies never
  }
}

/** Opens what operators hold in their hands for one act. @throws GanderError `usage` where it is not offered */
export async function withControls<Value>(cli: Cli, act: (controls: Controls) => Promise<Value>): Promise<Value> {
  return withPlatform(cli, 'read', async ({ controls }) => {
    if (controls !== undefined) return act(controls)
    throw new GanderError('usage', 'This server does not offer switches, budgets and the acts of operators.', {
      remedy: 'Run the command on the machine of the server, or use a newer server.',
    })
  })
}
