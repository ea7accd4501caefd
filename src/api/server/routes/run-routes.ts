import type { LedgerEvent } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { RunDetails } from '#api/contract'
import type { RunView } from '#ports'
import { withEventMeta } from '@orpc/server'
import { api, authorise, platformOf } from '../api-context.ts'
import { answerRoutes } from './answer-routes.ts'
import { existingRun } from './existing-run.ts'
import { runDetails } from './run-details.ts'

function shown(view: RunView | undefined, run: RunId): RunDetails {
  if (view === undefined) throw new GanderError('run_not_found', `There is no run ${run}.`)
  return runDetails(view)
}

/** Events with the number by which a reader goes on after a break. */
async function* numbered(events: AsyncIterable<LedgerEvent>): AsyncGenerator<LedgerEvent, void> {
  for await (const event of events) yield withEventMeta(event, { id: String(event.run_seq) })
}

/** Runs: read, followed, and what people do about them. */
export const runRoutes = {
  list: api.runs.list.handler(({ input: { query }, context }) => {
    const { limit, cursor, ...filter } = query
    authorise(context, 'run.read', filter.repository ?? null)
    return context.parts.queries.runs(context.caller.tenant_id, filter, { limit, cursor })
  }),
  get: api.runs.get.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id)
    return shown(await platformOf(context).view(run.id), run.id)
  }),
  diff: api.runs.diff.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id, 'artifact.read')
    const change = await platformOf(context).diff(run.id)
    if (change === undefined) throw new GanderError('run_not_in_state', `Run ${run.id} has proposed no change yet.`)
    return change
  }),
  steps: api.runs.steps.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id)
    return context.parts.queries.steps(run.tenant_id, run.id, input.query)
  }),
  // Whoever may not look is told before a stream begins.
  events: api.runs.events.handler(async ({ input, context, signal }) => {
    const { run } = await existingRun(context, input.params.run_id)
    return numbered(platformOf(context).follow(run.id, signal, input.headers['last-event-id'] ?? 0))
  }),
  artifacts: api.runs.artifacts.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id, 'artifact.read')
    return context.parts.queries.artifacts(run.tenant_id, run.id, input.query)
  }),
  decisions: api.runs.decisions.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id)
    return context.parts.queries.decisions(run.tenant_id, run.id, input.query)
  }),
  approvals: api.runs.approvals.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id)
    const asked = await context.parts.queries.approvals(run.tenant_id, run.id)
    const { state } = input.query
    const wanted = state === 'waiting' ? null : state
    return {
      items: state === undefined ? asked : asked.filter(({ decision }) => decision === wanted),
      next_cursor: null,
    }
  }),
  cancel: api.runs.cancel.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id, 'run.cancel')
    return runDetails(await platformOf(context).cancel(run.id, context.caller.name))
  }),
  continue: api.runs.continue.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id, 'run.continue')
    return runDetails(await platformOf(context).continue(run.id, input.body.added, context.caller.name, {}))
  }),
  ...answerRoutes,
}
