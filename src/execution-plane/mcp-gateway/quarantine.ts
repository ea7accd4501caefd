import type { EventDraft } from '#domain/event'
import type { McpServerConfiguration } from './configuration.ts'
import type { McpGatewayDependencies } from './mcp-host.ts'
import type { SeenOffer } from './open-server.ts'
import { changesBetween, pinnedOffer } from './pin.ts'

/** The event of a server that is not what was pinned, with what differs; a server's words in it are redacted. */
export async function quarantined(
  { pinned, redactor }: Pick<McpGatewayDependencies, 'pinned' | 'redactor'>,
  { id, pin }: McpServerConfiguration,
  seen: SeenOffer | undefined,
): Promise<EventDraft> {
  const kept = seen === undefined ? undefined : pinnedOffer(await pinned(id), pin)
  const changed =
    seen === undefined
      ? ['it was never pinned']
      : kept === undefined
        ? ['its offer differs from the pin']
        : changesBetween(kept, seen.offer)
  const clean = await Promise.all(changed.map(async (line) => (await redactor.redact(line)).text))
  return {
    event: 'mcp_server_quarantined',
    facts: { server: id, pinned: pin ?? 'none', seen: seen?.pin ?? 'unknown', changed: clean },
  }
}
