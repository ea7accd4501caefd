import { GanderError } from '#domain/failure'
import { mayDo } from '#domain/identity'
import type { ChangeName } from '#ports'
import { api } from '../api-context.ts'
import { existingRun } from './existing-run.ts'

type Named = { readonly [Name in 'run' | 'commit' | 'pull_request' | 'branch']?: string | undefined }

/** The one name that was given. @throws GanderError `usage` */
function nameOf(query: Named): ChangeName {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 1) return Object.fromEntries(given) as unknown as ChangeName
  throw new GanderError('usage', 'Exactly one of run, commit, pull_request and branch names a change.', {
    remedy: 'Give one of them, for example ?commit=HASH.',
  })
}

/** Who caused a change. */
export const provenanceRoutes = {
  ofRun: api.provenance.ofRun.handler(async ({ input, context }) => {
    const { run } = await existingRun(context, input.params.run_id)
    const [origin] = await context.parts.provenance.whoCaused(run.tenant_id, { run: run.id })
    if (origin === undefined) throw new GanderError('run_not_found', `There is no run ${run.id}.`)
    return origin
  }),
  find: api.provenance.find.handler(async ({ input: { query }, context: { parts, caller } }) => {
    const found = await parts.provenance.whoCaused(caller.tenant_id, nameOf(query))
    const items = found.filter(({ change }) => mayDo(caller, 'run.read', change.repository))
    if (items.length === 0) throw new GanderError('run_not_found', 'Nothing that is on record goes by this name.')
    return { items, next_cursor: null }
  }),
}
