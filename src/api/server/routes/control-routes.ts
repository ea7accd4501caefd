import type { Permission } from '#domain/identity'
import type { SwitchScope } from '#domain/kill-switch'
import { api, authorise, authoriseEverywhere, offered, type ApiContext } from '../api-context.ts'
import { existingRun } from './existing-run.ts'

type ScopeWish =
  | { readonly level: 'global' | 'tenant' }
  | { readonly level: 'campaign' | 'repository' | 'capability'; readonly subject: string }

/** The scope in the caller's tenant, where they may move its switch. */
function scopeFor(context: ApiContext, wish: ScopeWish, permission: Permission): SwitchScope {
  authorise(context, permission, wish.level === 'repository' ? wish.subject : null)
  const { tenant_id } = context.caller
  switch (wish.level) {
    case 'global':
      authoriseEverywhere(context)
      return { level: 'global' }
    case 'tenant':
      return { level: 'tenant', tenant_id }
    case 'campaign':
      return { level: 'campaign', tenant_id, campaign_id: wish.subject }
    case 'repository':
      return { level: 'repository', tenant_id, repository: wish.subject }
    case 'capability':
      return { level: 'capability', tenant_id, capability: wish.subject }
    default:
      return wish satisfies never
  }
}

/** Kill switches. */
export const switchRoutes = {
  list: api.switches.list.handler(async ({ context }) => {
    authorise(context, 'switch.read')
    const { switches, read_at } = await offered(context, 'controls').switches.read(context.caller.tenant_id)
    return { items: [...switches], read_at }
  }),
  stop: api.switches.stop.handler(({ input: { body }, context }) => {
    const scope = scopeFor(context, body.scope, 'switch.stop')
    return offered(context, 'controls').switches.stop(scope, body.actions, context.caller.name, body.reason)
  }),
  resume: api.switches.resume.handler(({ input: { body }, context }) => {
    const scope = scopeFor(context, body.scope, 'switch.resume')
    return offered(context, 'controls').switches.resume(scope, body.actions, context.caller.name, body.reason)
  }),
}

/** The tenant whose scheduler is meant; null: every tenant's. */
function schedulerOf(context: ApiContext, everywhere: boolean) {
  authorise(context, 'scheduler.pause')
  if (!everywhere) return context.caller.tenant_id
  authoriseEverywhere(context)
  return null
}

/** What operators do besides. */
export const operationRoutes = {
  pauses: api.operations.pauses.handler(async ({ context }) => {
    authorise(context, 'switch.read')
    const items = await offered(context, 'controls').governance.schedulerPauses(context.caller.tenant_id)
    return { items, next_cursor: null }
  }),
  pause: api.operations.pause.handler(({ input: { body }, context }) => {
    const tenant = schedulerOf(context, body.everywhere)
    return offered(context, 'controls').governance.pauseScheduler(tenant, context.caller.name, body.reason)
  }),
  resume: api.operations.resume.handler(async ({ input: { body }, context }) => {
    const tenant = schedulerOf(context, body.everywhere)
    const { governance } = offered(context, 'controls')
    return { resumed: await governance.resumeScheduler(tenant, context.caller.name, body.reason) }
  }),
  revokeLease: api.operations.revokeLease.handler(async ({ input: { params, body }, context }) => {
    const { run } = await existingRun(context, params.run_id, 'lease.revoke')
    const { governance } = offered(context, 'controls')
    return governance.revokeLease(run.tenant_id, run.id, context.caller.name, body.reason)
  }),
}

/** Budgets over many runs. */
export const budgetRoutes = {
  list: api.budgets.list.handler(async ({ context }) => {
    authorise(context, 'budget.read')
    return { items: await offered(context, 'controls').budgets.list(context.caller.tenant_id), next_cursor: null }
  }),
  outcomes: api.budgets.outcomes.handler(async ({ context }) => {
    authorise(context, 'budget.read')
    return { items: await offered(context, 'controls').budgets.outcomes(context.caller.tenant_id), next_cursor: null }
  }),
  set: api.budgets.set.handler(({ input: { body }, context }) => {
    authorise(context, 'budget.write')
    const { kind, subject, max_cost_usd } = body
    const { tenant_id, name } = context.caller
    return offered(context, 'controls').budgets.setLimit(tenant_id, { kind, subject }, max_cost_usd, name)
  }),
}
