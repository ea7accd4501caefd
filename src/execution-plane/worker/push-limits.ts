import { reachesForge } from '#execution-plane/planner'
import type { PushLimits } from '#ports'
import type { Execution } from './execution.ts'

/** What the forge says its token may not push; undefined where it says nothing, or nothing is pushed there. */
export async function pushLimitsOf({ parts, task }: Execution): Promise<PushLimits | undefined> {
  if (task.agent.kind === 'transform' || !reachesForge(task)) return undefined
  // A forge that cannot be asked now is asked again where it counts, at the push.
  return parts.publisher.pushLimits?.(task.repository).catch(() => undefined)
}
