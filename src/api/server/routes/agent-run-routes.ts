import { GanderError } from '#domain/failure'
import type { Principal } from '#domain/identity'
import { DEFAULT_LIMITS } from '#domain/budget'
import { DEFAULT_SCOPE } from '#domain/task'
import { api, authoriseRole, platformOf, type ApiContext } from '../api-context.ts'
import { admitOrder, authoriseOrder } from './admit-order.ts'

/** A person asks for themselves; a service may ask for somebody, and the record says both. */
function requesterOf(caller: Principal, requested_by: string | null): string {
  if (requested_by === null || requested_by === caller.name) return caller.name
  if (caller.kind === 'service') return requested_by
  throw new GanderError('forbidden', `${caller.name} may not ask in the name of ${requested_by}; only a service may.`, {
    facts: { permission: 'task.submit' },
  })
}

/** Who works where the order does not say. @throws GanderError `model_not_configured` */
function agentOf({ parts }: ApiContext) {
  if (parts.agent !== undefined) return parts.agent
  throw new GanderError('model_not_configured', 'The order names no agent, and this server has no choice of its own.', {
    remedy: 'Give `agent`, or start the server with `gander serve --model`.',
  })
}

/** Runs by capability and source. */
export const agentRunRoutes = {
  create: api.agent_runs.create.handler(async ({ input: { headers, body }, context }) => {
    const { parts, caller } = context
    const { capability, repository, constraints } = body
    authoriseRole(context, 'task.submit', repository)
    const requester = requesterOf(caller, body.requested_by)
    const agent = body.agent ?? agentOf(context)
    admitOrder(context, { repository, agent })
    const { words, scope, limits, mode, base_ref } = await parts.intake.fetchIssue(body.source.url)
    await authoriseOrder(context, { repository, capability, mode: mode ?? 'draft_pr' })
    const order = {
      words: { ...words, repository, constraints: [...words.constraints, ...constraints] },
      requester,
      base_ref,
      mode: mode ?? 'draft_pr',
      scope: { ...DEFAULT_SCOPE, ...scope },
      agent,
      verification: null,
      limits: { ...DEFAULT_LIMITS, ...limits },
      keys: {},
      capability,
    } as const
    const key = headers['idempotency-key']
    const once = key === undefined ? undefined : { principal_id: caller.id, key }
    const { run } = await platformOf(context).submit(order, once)
    return { run_id: run.id, trace_id: `trc_${run.id.slice(4)}`, status: run.state }
  }),
}
