import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import type { PolicyDesk, PolicyTexts } from '#ports'
import { api, authorise, type ApiContext } from '../api-context.ts'

const absent = (what: string) => new GanderError('policy_not_found', `There is no ${what}.`)

const deskOf = ({ parts, caller }: ApiContext): PolicyDesk => parts.policy_desk(caller.tenant_id)

/** Whoever may look at policies may ask them anything. */
function reading(context: ApiContext): PolicyDesk {
  authorise(context, 'policy.read')
  return deskOf(context)
}

const placeOf = (policy: PolicyTexts | null): PolicyTexts | undefined => policy ?? undefined

/** The paths of the server's disk stay there. */
const named = (policy: PolicyTexts | null, place: string): string =>
  policy === null ? "the installation's own files" : place

/** What `If-Match` or `If-None-Match: *` says must be active until now; undefined: whichever is. */
function replaced({ seen, version }: ApiContext): { readonly instead_of?: string | null } {
  if (version === 0) return { instead_of: null }
  return typeof seen?.['sha256'] === 'string' ? { instead_of: seen['sha256'] } : {}
}

/** Policies and what they answered. */
export const policyRoutes = {
  active: api.policies.active.handler(async ({ context, context: { parts, caller } }) => {
    authorise(context, 'policy.read')
    const found = await parts.policies.active(caller.tenant_id)
    if (found === undefined) throw absent('policy that was activated')
    return found
  }),
  shown: api.policies.shown.handler(({ context }) => reading(context).show()),
  activate: api.policies.activate.handler(({ input: { body }, context }) => {
    authorise(context, 'policy.write')
    const { sha256, reason, signature } = body
    const by = context.caller.name
    return deskOf(context).activate(
      { kind: 'kept', sha256 },
      { by, reason, ...(signature !== undefined && { signature }), ...replaced(context) },
    )
  }),
  activations: api.policies.activations.handler(async ({ input: { query }, context, context: { parts, caller } }) => {
    authorise(context, 'policy.read')
    return { items: await parts.policies.history(caller.tenant_id, query.limit), next_cursor: null }
  }),
  versions: api.policies.versions.handler(({ input: { query }, context }) => reading(context).versions(query)),
  create: api.policies.create.handler(({ input: { body }, context }) => {
    authorise(context, 'policy.write')
    return deskOf(context).keep(body.policy, context.caller.name)
  }),
  get: api.policies.get.handler(async ({ input: { params }, context, context: { parts, caller } }) => {
    authorise(context, 'policy.read')
    const found = await parts.policies.read(caller.tenant_id, params.sha256)
    if (found === undefined) throw absent(`policy bundle ${params.sha256}`)
    return found
  }),
  check: api.policies.check.handler(async ({ input: { body }, context }) => {
    const report = await reading(context).check(placeOf(body.policy))
    return { ...report, place: named(body.policy, report.place) }
  }),
  test: api.policies.test.handler(async ({ input: { body }, context }) => ({
    items: [...(await reading(context).test(placeOf(body.policy), body.tests))],
  })),
  explain: api.policies.explain.handler(({ input: { body }, context }) =>
    reading(context).explain(placeOf(body.policy), body.wish),
  ),
  diff: api.policies.diff.handler(async ({ input: { body }, context }) => ({
    items: [...(await reading(context).diff(body.before, placeOf(body.after)))],
  })),
  replay: api.policies.replay.handler(({ input: { body }, context }) => {
    // It tells of the runs of every repository.
    authorise(context, 'run.read')
    return reading(context).replay(placeOf(body.policy), body.since)
  }),
  decision: api.policies.decision.handler(async ({ input: { params }, context: { parts, caller } }) => {
    const found = await parts.policies.decision(caller.tenant_id, params.decision_id)
    const seen = found !== undefined && mayDo(caller, 'run.read', found.task.repository)
    if (!seen) throw absent(`decision ${params.decision_id}`)
    return found
  }),
}
