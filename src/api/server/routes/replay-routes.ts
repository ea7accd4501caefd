import { GanderError } from '#domain/failure'
import { api, offered, platformOf } from '../api-context.ts'
import { existingRun } from './existing-run.ts'
import { runDetails } from './run-details.ts'

/** Running again what is on record. */
export const replayRoutes = {
  start: api.replays.start.handler(async ({ input: { params }, context }) => {
    const { run } = await existingRun(context, params.run_id, 'replay.start')
    const { run: replay } = await offered(context, 'replays').start(run.id, context.caller.name)
    const view = await platformOf(context).view(replay.id)
    if (view === undefined) throw new GanderError('run_not_found', `There is no run ${replay.id}.`)
    return runDetails(view)
  }),
  report: api.replays.report.handler(async ({ input: { params }, context }) => {
    const { run } = await existingRun(context, params.run_id)
    return offered(context, 'replays').report(run.id)
  }),
}
