import type { Task } from '#domain/task'
import type { PolicyBundles } from '#ports'
import { once } from './once.ts'
import { identifiers, systemClock } from './system-clock.ts'

/** Cuts a task's limits by policy, which is loaded when the first task comes. */
export function boundTask(home: string, bundles: PolicyBundles): (task: Task) => Promise<Task> {
  const bound = once(async () => {
    const { boundByPolicy, openRunPolicies } = await import('./open-policy.ts')
    return boundByPolicy(openRunPolicies({ home, bundles, identifiers, clock: systemClock }))
  })
  return async (task) => (await bound())(task)
}
