import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { Platform, RunView } from '#ports'

/** How a run may be named. */
export const RUN_ARGUMENT = 'id, a unique part of its beginning or end, or last'

/** The run as it stands. @throws GanderError `run_not_found` */
export async function requireView(platform: Platform, run: RunId): Promise<RunView> {
  const view = await platform.view(run)
  if (view === undefined) throw new GanderError('run_not_found', `There is no run ${run}.`)
  return view
}
