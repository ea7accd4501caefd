import type { Task } from '../task/index.ts'
import { concerns, SWITCH_ACTIONS, type KillSwitch, type SwitchAction, type SwitchQuestion } from './kill-switch.ts'
import { scopeName } from './switch-reading.ts'

/** What holds for one act: the switches that concern it, or that nobody could read them for too long. */
export type SwitchStanding =
  | { readonly known: true; readonly switches: readonly KillSwitch[] }
  | { readonly known: false }

/** What can be stopped, from the door of the platform to the moment at which something leaves it. */
export type StoppableAct = 'admit' | 'lease' | 'work' | 'publish' | 'shell_network'

/**
 * Which actions stop which act. A run under `no_pull_requests` or `no_shell_network` goes on until it wants to publish
 * or to install; one under `cancel_running_runs` or in a blocked repository does nothing at all any more.
 */
const STOPPED_BY: Readonly<Record<StoppableAct, readonly SwitchAction[]>> = {
  admit: ['cancel_running_runs', 'block_repository', 'no_new_runs', 'no_autonomous_runs', 'pause_waves'],
  lease: ['cancel_running_runs', 'block_repository', 'no_new_runs', 'no_autonomous_runs', 'pause_waves'],
  work: ['cancel_running_runs', 'block_repository'],
  publish: ['cancel_running_runs', 'block_repository', 'no_pull_requests'],
  shell_network: ['cancel_running_runs', 'block_repository', 'no_shell_network'],
}

/** Why an act is stopped, in words for the record: which action, by whom, under which epoch, for what reason. */
interface Stop {
  readonly action: SwitchAction
  /** `ada, kill switch over everything (cancel_running_runs, epoch 3): reason`. */
  readonly by: string
  /** Null where the switches could not be read. */
  readonly epoch: number | null
}

/** The first reason why this act may not happen; undefined where nothing stops it. */
export function stopFor(standing: SwitchStanding, act: StoppableAct, question: SwitchQuestion): Stop | undefined {
  const [unknown = 'cancel_running_runs'] = STOPPED_BY[act]
  if (!standing.known)
    return {
      action: unknown,
      by: 'kill switch: nobody can tell what is stopped, because the switches cannot be read',
      epoch: null,
    }
  for (const action of STOPPED_BY[act].filter((each) => applies(each, question)))
    for (const thrown of standing.switches)
      if (thrown.actions.includes(action) && concerns(thrown.scope, question)) return stopOf(thrown, action)
  return undefined
}

/** Two actions are about some runs only: what needs no person, and what belongs to a campaign. */
function applies(action: SwitchAction, question: SwitchQuestion): boolean {
  if (action === 'no_autonomous_runs') return question.autonomous === true
  if (action === 'pause_waves') return question.campaign_id !== null
  return SWITCH_ACTIONS.includes(action)
}

const stopOf = (thrown: KillSwitch, action: SwitchAction): Stop => ({
  action,
  by: `${thrown.moved_by}, kill switch ${scopeName(thrown.scope)} (${action}, epoch ${thrown.epoch})${thrown.reason === '' ? '' : `: ${thrown.reason}`}`,
  epoch: thrown.epoch,
})

/** Modes that publish without a person looking first. */
const AUTONOMOUS: ReadonlySet<string> = new Set(['autonomous_pr', 'fleet_campaign'])

/** What switches are asked with for a task. */
export const questionOf = (
  task: Pick<Task, 'tenant_id' | 'repository' | 'capability' | 'campaign_id'> & { readonly mode: string },
): SwitchQuestion => ({
  tenant_id: task.tenant_id,
  campaign_id: task.campaign_id ?? null,
  repository: task.repository,
  capability: task.capability,
  autonomous: AUTONOMOUS.has(task.mode),
})
