import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import { api, authorise, offered, type ApiContext } from '../api-context.ts'
import { existingRun } from './existing-run.ts'

async function moved(context: ApiContext, id: string, move: { state: 'active' | 'disabled'; reason: string }) {
  authorise(context, 'capability.write')
  return offered(context, 'capabilities').setState(id, { ...move, by: context.caller.name })
}

/** Registered capabilities. */
export const capabilityRoutes = {
  list: api.capabilities.list.handler(async ({ context }) => {
    authorise(context, 'capability.read')
    return { items: await offered(context, 'capabilities').list(), next_cursor: null }
  }),
  get: api.capabilities.get.handler(async ({ input: { params }, context }) => {
    authorise(context, 'capability.read')
    const found = await offered(context, 'capabilities').view(params.capability)
    if (found !== undefined) return found
    throw new GanderError('capability_unknown', `There is no capability ${params.capability}.`)
  }),
  enable: api.capabilities.enable.handler(({ input: { params, body }, context }) =>
    moved(context, params.capability, { state: 'active', reason: body.reason }),
  ),
  disable: api.capabilities.disable.handler(({ input: { params, body }, context }) =>
    moved(context, params.capability, { state: 'disabled', reason: body.reason }),
  ),
}

/** What waits for people; only of repositories that the caller may look at. */
export const approvalRoutes = {
  waiting: api.approvals.waiting.handler(async ({ context, context: { caller } }) => {
    const waiting = await offered(context, 'desk').waiting({ by: caller.name, principal_id: caller.id })
    const items = waiting.filter(({ approval }) => mayDo(caller, 'approval.read', approval.repository))
    if (items.length === 0) authorise(context, 'approval.read')
    return { items, next_cursor: null }
  }),
  revoke: api.approvals.revoke.handler(async ({ input: { params, body }, context, context: { caller } }) => {
    const { run } = await existingRun(context, params.run_id, 'approval.decide')
    await offered(context, 'desk').revoke(run.id, { by: caller.name, reason: body.reason, principal_id: caller.id })
    return { revoked: true } as const
  }),
}

/** How far task classes have come. */
export const autonomyRoutes = {
  view: api.autonomy.view.handler(async ({ context }) => {
    authorise(context, 'policy.read')
    return { items: await offered(context, 'autonomy').view(), next_cursor: null }
  }),
  move: api.autonomy.move.handler(({ input: { params, body }, context }) => {
    authorise(context, 'policy.write')
    return offered(context, 'autonomy').move(params.task_class, { ...body, by: context.caller.name })
  }),
}
