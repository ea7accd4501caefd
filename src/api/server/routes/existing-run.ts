import { GanderError } from '#domain/failure'
import { mayDo, type Permission } from '#domain/identity'
import type { RunId } from '#domain/ids'
import type { RunOverview } from '#ports'
import { authoriseFor, type ApiContext } from '../api-context.ts'

/** The caller's run. @throws GanderError `run_not_found`, also where it is another's, and `forbidden` */
export async function existingRun(
  context: ApiContext,
  run: RunId,
  permission: Permission = 'run.read',
): Promise<RunOverview> {
  const { parts, caller } = context
  const found = await parts.queries.run(caller.tenant_id, run)
  const seen = found !== undefined && mayDo(caller, 'run.read', found.task.repository)
  if (!seen) throw new GanderError('run_not_found', `There is no run ${run}.`)
  await authoriseFor(context, permission, found.task.repository)
  return found
}
