import { GanderError } from '#domain/failure'
import { parseId } from '#domain/ids'
import { MEMORY_STATES } from '#domain/memory'
import type { TenantMemory } from '#ports'
import type { ApiClient } from './api-client.ts'

type Told = <Value>(asked: Promise<Value>) => Promise<Value>

/** Memory over a server's API. Whoever the token speaks for reviews, whatever name is given. */
export const createHttpMemory = (client: ApiClient, told: Told): TenantMemory => ({
  list: async ({ repository, states }) => {
    const query = { ...(repository !== undefined && { repository }) }
    if (states === undefined) return (await told(client.memory.list({ query }))).items
    const inOrder = MEMORY_STATES.filter((state) => states.includes(state))
    const pages = await Promise.all(inOrder.map((state) => told(client.memory.list({ query: { ...query, state } }))))
    return pages.flatMap(({ items }) => items)
  },
  view: async (id) => told(client.memory.get(of(id))),
  approve: async (id, { hash, days, despite_flags, reason }) =>
    told(client.memory.approve({ ...of(id), body: { hash, days, despite_flags, reason } })),
  forget: async (id, { reason }) => told(client.memory.forget({ ...of(id), body: { reason } })),
})

function of(text: string) {
  const memory = parseId('memory', text)
  if (memory !== undefined) return { params: { memory } }
  throw new GanderError('memory_not_found', `Nothing is remembered under ${JSON.stringify(text.slice(0, 60))}.`)
}
