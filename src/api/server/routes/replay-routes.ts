import { api, offered } from '../api-context.ts'
import { existingRun } from './existing-run.ts'
import { runDetails } from './run-details.ts'

/** Running again what is on record. */
export const replayRoutes = {
  start: api.replays.start.handler(async ({ input: { params }, context }) => {
    const { run } = await existingRun(context, params.run_id, 'replay.start')
    return runDetails(await offered(context, 'replays').start(run.id, context.caller.name))
  }),
  report: api.replays.report.handler(async ({ input: { params }, context }) => {
    const { run } = await existingRun(context, params.run_id)
    return offered(context, 'replays').report(run.id)
  }),
}
