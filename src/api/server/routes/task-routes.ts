import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import type { TaskId } from '#domain/ids'
import { isEnd } from '#domain/run'
import type { Task } from '#domain/task'
import type { RunOrder } from '#ports'
import { api, authorise, platformOf, type ApiContext } from '../api-context.ts'
import { admitOrder, authoriseOrder } from './admit-order.ts'
import { existingRun } from './existing-run.ts'
import { runDetails } from './run-details.ts'

/** Tasks: submitted and read. */
export const taskRoutes = {
  submit: api.tasks.submit.handler(async ({ input, context }) => {
    const { caller } = context
    await authoriseOrder(context, input.body)
    admitOrder(context, input.body)
    const {
      base_ref,
      mode,
      scope,
      agent,
      verification,
      limits,
      sandbox,
      policies,
      capability,
      level,
      review,
      ...words
    } = input.body
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
      ...(review === undefined ? {} : { review }),
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
  get: api.tasks.get.handler(({ input, context }) => existingTask(context, input.params.task_id)),
  runs: api.tasks.runs.handler(async ({ input: { params, query }, context }) => {
    const { id } = await existingTask(context, params.task_id)
    return context.parts.queries.runs(context.caller.tenant_id, { task_id: id }, query)
  }),
  start: api.tasks.start.handler(async ({ input: { params, body }, context }) => {
    const { id } = await existingTask(context, params.task_id)
    const { items } = await context.parts.queries.runs(context.caller.tenant_id, { task_id: id }, { limit: 1 })
    const last = items[0]?.run
    if (last === undefined) throw new GanderError('run_not_found', `The task ${id} has no run.`)
    const { run } = await existingRun(context, last.id, 'run.continue')
    if (!isEnd(run.state))
      throw new GanderError('run_not_in_state', `The task ${id} has the run ${run.id}, which has not ended.`, {
        remedy: 'Continue or cancel that run.',
      })
    return runDetails(await platformOf(context).continue(run.id, body.added, context.caller.name, {}))
  }),
}

/** The caller's task. @throws GanderError `run_not_found`, also where it is another's */
async function existingTask({ parts, caller }: ApiContext, id: TaskId): Promise<Task> {
  const task = await parts.queries.task(caller.tenant_id, id)
  if (task !== undefined && mayDo(caller, 'run.read', task.repository)) return task
  throw new GanderError('run_not_found', `There is no task ${id}.`)
}
