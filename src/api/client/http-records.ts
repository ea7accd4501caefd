import { GanderError } from '#domain/failure'
import type { Audit, Retention } from '#ports'
import { asGanderError, problemIn, type ServerAddress } from './api-client.ts'
import { createTellingClient } from './telling-client.ts'

/** The audit trail of the token's own tenant, over a server's API; the tenant that is given does not count. */
export function createHttpAudit(address: ServerAddress): Audit {
  const { client, told } = createTellingClient(address)
  return {
    list: (_tenant, filter, page) => told(client.audit.events({ query: { ...filter, ...page } })),
    verify: () => told(client.audit.verify({})),
    lines: (_tenant, { since }) => exported(address, since),
    checkpoint: async () => (await told(client.audit.checkpoint({}))).checkpoint ?? undefined,
    checkpoints: (_tenant, page) => told(client.audit.checkpoints({ query: page })),
    key: () => told(client.audit.key({})),
  }
}

/** How long what runs leave behind is kept, over a server's API. */
export function createHttpRetention(address: ServerAddress): Retention {
  const { client, told } = createTellingClient(address)
  return {
    rules: async () => (await told(client.retention.rules({}))).days,
    sweep: async (wish) => (await told(client.retention.sweep({ body: wish }))).swept ?? undefined,
    holds: async () => (await told(client.retention.holds({}))).items,
    hold: (_tenant, run_id, _by, reason) => told(client.retention.hold({ params: { run_id }, body: { reason } })),
    release: async (_tenant, run_id, _by, reason) =>
      (await told(client.retention.release({ params: { run_id }, body: { reason } }))).released,
  }
}

/** The bytes of an export as they come. A stream that breaks is thrown, and what was written is no whole export. */
async function* exported(
  { url, token, fetch = globalThis.fetch }: ServerAddress,
  since: string | undefined,
): AsyncGenerator<string, void, undefined> {
  const asked = new URL('/v1/audit/export', url)
  if (since !== undefined) asked.searchParams.set('since', since)
  try {
    const response = await fetch(asked, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw problemIn(await response.text(), response.status)
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) yield decoder.decode(piece, { stream: true })
    yield decoder.decode()
  } catch (error) {
    if (error instanceof GanderError) throw error
    throw asGanderError(error, url)
  }
}
