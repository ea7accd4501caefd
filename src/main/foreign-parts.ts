import { join } from 'node:path'
import { parseMcpConfiguration, type McpGatewayDependencies } from '#execution-plane/mcp-gateway'
import type { ForeignServer, SandboxProcess } from '#ports'
import { once } from './once.ts'
import type { PlatformSettings } from './shared-parts.ts'
import { textOf } from './text-of.ts'

/** Where the servers that a person allowed are written down; no file of a repository is ever read for it. */
export const mcpFile = (home: string): string => join(home, 'mcp.yaml')

/** Where the offer is kept that was looked at when a server was pinned. */
export const offerFile = (home: string, id: string): string => join(home, 'mcp', `${id}.json`)

/** What the gateway to foreign servers needs of GANDER_HOME; the protocol is loaded when a server is first spoken with. */
export function foreignParts({
  home,
  version,
}: Pick<PlatformSettings, 'home' | 'version'>): Pick<McpGatewayDependencies, 'servers' | 'configuration' | 'pinned'> {
  const servers = once(async () => (await import('#adapters/mcp')).createForeignServers({ version }))
  return {
    servers: {
      overProcess: async (process: SandboxProcess, timeout_ms, identity): Promise<ForeignServer> =>
        (await servers()).overProcess(process, timeout_ms, identity),
    },
    configuration: async () => parseMcpConfiguration(await textOf(mcpFile(home))),
    pinned: (id) => textOf(offerFile(home, id)),
  }
}
