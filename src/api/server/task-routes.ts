import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import type { RunOrder } from '#ports'
import { api, authorise, platformOf } from './api-context.ts'
import { refusedParts } from './admission.ts'
import { runDetails } from './run-details.ts'

function refuseParts(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new GanderError('order_not_admitted', `The server does not take this order: ${problems.join('; ')}.`, {
    facts: { problems: [...problems] },
  })
}

/** Tasks: submitted and read. */
export const taskRoutes = {
  submit: api.tasks.submit.handler(async ({ input, context }) => {
    const { parts, caller } = context
    authorise(context, 'task.submit', input.body.repository)
    refuseParts(refusedParts(input.body, parts.admission))
    const { base_ref, mode, scope, agent, verification, limits, sandbox, ...words } = input.body
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
