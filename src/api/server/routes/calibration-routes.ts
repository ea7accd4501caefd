import { strengthOf } from '#domain/autonomy'
import { GanderError } from '#domain/failure'
import { api, authorise, offered } from '../api-context.ts'

/** What calibration found of the gates. Counts are taken; floors and standings are the server's own. */
export const gateRoutes = {
  view: api.gates.view.handler(async ({ context }) => {
    authorise(context, 'policy.read')
    return { items: (await offered(context, 'autonomy').gates?.()) ?? [], next_cursor: null }
  }),
  record: api.gates.record.handler(async ({ input: { body }, context }) => {
    authorise(context, 'policy.write')
    const autonomy = offered(context, 'autonomy')
    if (autonomy.calibrated === undefined) throw new GanderError('not_offered', 'This server keeps no calibration.')
    const { repository, corpus, gates } = body
    const record = { repository, corpus, by: context.caller.name, gates: gates.map(strengthOf) }
    return { moves: [...(await autonomy.calibrated(record))] }
  }),
}
