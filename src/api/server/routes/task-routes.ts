import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import type { RunOrder } from '#ports'
import { api, authorise, platformOf } from '../api-context.ts'
import { admitOrder, authoriseOrder } from './admit-order.ts'
import { runDetails } from './run-details.ts'

/** Tasks: submitted and read. */
export const taskRoutes = {
  submit: api.tasks.submit.handler(async ({ input, context }) => {
    const { caller } = context
    await authoriseOrder(context, input.body)
    admitOrder(context, input.body)
    const { base_ref, mode, scope, agent, verification, limits, sandbox, policies, capability, level, ...words } =
      input.body
    const order: RunOrder = {
      words,
      requester: caller.name,
      base_ref,
      mode,
      scope,
      agent,
      verification,
      limits,
      ...(sandbox === undefined ? {} : { sandbox }),
      ...(capability === undefined ? {} : { capability }),
      ...(level === undefined ? {} : { level }),
      ...(policies === undefined ? {} : { policies }),
      keys: {},
    }
    const key = input.headers['idempotency-key']
    const once = key === undefined ? undefined : { principal_id: caller.id, key }
    return runDetails(await platformOf(context).submit(order, once))
  }),
  list: api.tasks.list.handler(({ input, context }) => {
    authorise(context, 'run.read')
    return context.parts.queries.tasks(context.caller.tenant_id, input.query)
  }),
  get: api.tasks.get.handler(async ({ input, context: { parts, caller } }) => {
    const task = await parts.queries.task(caller.tenant_id, input.params.task_id)
    if (task === undefined || !mayDo(caller, 'run.read', task.repository))
      throw new GanderError('run_not_found', `There is no task ${input.params.task_id}.`)
    return task
  }),
}
