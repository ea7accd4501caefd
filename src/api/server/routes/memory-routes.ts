import { GanderError } from '#domain/failure'
import { mayDo, type Permission } from '#domain/identity'
import type { MemoryEntry } from '#domain/memory'
import { api, authorise, authoriseFor, offered, type ApiContext } from '../api-context.ts'

/** The entry. @throws GanderError `memory_not_found`, also where the caller may not look at it, and `forbidden` */
async function entryFor(context: ApiContext, id: string, permission: Permission): Promise<MemoryEntry> {
  const entry = await offered(context, 'memory').view(id)
  if (!mayDo(context.caller, 'memory.read', entry.repository))
    throw new GanderError('memory_not_found', `Nothing is remembered under "${id}".`)
  await authoriseFor(context, permission, entry.repository)
  return entry
}

/** What runs learnt; only of repositories that the caller may look at. */
export const memoryRoutes = {
  list: api.memory.list.handler(async ({ input: { query }, context, context: { caller } }) => {
    const { repository, state } = query
    if (repository !== undefined) authorise(context, 'memory.read', repository)
    const wish = { ...(repository !== undefined && { repository }), ...(state !== undefined && { states: [state] }) }
    const found = await offered(context, 'memory').list(wish)
    const items = found.filter((entry) => mayDo(caller, 'memory.read', entry.repository))
    if (items.length === 0 && repository === undefined) authorise(context, 'memory.read')
    return { items, next_cursor: null }
  }),
  get: api.memory.get.handler(({ input: { params }, context }) => entryFor(context, params.memory, 'memory.read')),
  approve: api.memory.approve.handler(async ({ input: { params, body }, context }) => {
    const { id } = await entryFor(context, params.memory, 'memory.approve')
    return offered(context, 'memory').approve(id, { ...body, by: context.caller.name })
  }),
  forget: api.memory.forget.handler(async ({ input: { params, body }, context }) => {
    const { id } = await entryFor(context, params.memory, 'memory.forget')
    return offered(context, 'memory').forget(id, { ...body, by: context.caller.name })
  }),
}
