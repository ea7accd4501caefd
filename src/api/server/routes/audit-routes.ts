import { api, authorise, authoriseEverywhere } from '../api-context.ts'
import { existingRun } from './existing-run.ts'

/** What is on record about everything that was done. */
export const auditRoutes = {
  events: api.audit.events.handler(({ input: { query }, context, context: { parts, caller } }) => {
    authorise(context, 'audit.read')
    const { limit, cursor, ...filter } = query
    return parts.audit.list(caller.tenant_id, filter, { limit, cursor })
  }),
  head: api.audit.head.handler(({ context, context: { parts, caller } }) => {
    authorise(context, 'audit.read')
    return parts.audit.head(caller.tenant_id)
  }),
  checkpoints: api.audit.checkpoints.handler(({ input: { query }, context, context: { parts, caller } }) => {
    authorise(context, 'audit.read')
    return parts.audit.checkpoints(caller.tenant_id, query)
  }),
  checkpoint: api.audit.checkpoint.handler(async ({ context, context: { parts, caller } }) => {
    authorise(context, 'audit.read')
    return { checkpoint: (await parts.audit.checkpoint(caller.tenant_id)) ?? null }
  }),
  verify: api.audit.verify.handler(({ context, context: { parts, caller } }) => {
    authorise(context, 'audit.read')
    return parts.audit.verify(caller.tenant_id)
  }),
  // Where checkpoints are kept is the installation's own business.
  key: api.audit.key.handler(async ({ context, context: { parts } }) => {
    authorise(context, 'audit.read')
    const { key_id, public_key, places } = await parts.audit.key()
    return { key_id, public_key, places: places.map((_, n) => (n === 0 ? 'the server' : `another place (${n})`)) }
  }),
}

/** How long what runs leave behind is kept. */
export const retentionRoutes = {
  rules: api.retention.rules.handler(async ({ context, context: { parts } }) => {
    authorise(context, 'retention.read')
    return { days: { ...(await parts.retention.rules()) } }
  }),
  holds: api.retention.holds.handler(async ({ context, context: { parts, caller } }) => {
    authorise(context, 'retention.read')
    return { items: await parts.retention.holds(caller.tenant_id), next_cursor: null }
  }),
  hold: api.retention.hold.handler(async ({ input: { params, body }, context, context: { parts, caller } }) => {
    const { run } = await existingRun(context, params.run_id, 'retention.hold')
    return parts.retention.hold(run.tenant_id, run.id, caller.name, body.reason)
  }),
  release: api.retention.release.handler(async ({ input: { params, body }, context, context: { parts, caller } }) => {
    const { run } = await existingRun(context, params.run_id, 'retention.hold')
    return { released: await parts.retention.release(run.tenant_id, run.id, caller.name, body.reason) }
  }),
  sweep: api.retention.sweep.handler(async ({ input: { body }, context, context: { parts } }) => {
    authorise(context, 'retention.sweep')
    authoriseEverywhere(context)
    return { swept: (await parts.retention.sweep(body)) ?? null }
  }),
}
