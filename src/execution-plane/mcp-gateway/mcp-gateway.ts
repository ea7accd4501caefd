import { join } from 'node:path'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { Json } from '#domain/json'
import { nestsTooDeep } from '#execution-plane/tool-gateway'
import { ForeignServerError, type AgentTools, type ToolCallResult } from '#ports'
import type { McpServerConfiguration } from './configuration.ts'
import { declareOffer, FOREIGN_PREFIX, type DeclaredTool } from './declare-foreign.ts'
import { performForeign, weighForeign, type ForeignDesk } from './foreign-call.ts'
import type { McpGatewayDependencies, McpHost } from './mcp-host.ts'
import { openServer, type OpenServer } from './open-server.ts'
import { quarantined } from './quarantine.ts'
import { createServerDesk, type ServerDesk } from './server-desk.ts'

/** The foreign tools of one run. */
export interface ForeignTools {
  /** The same tools with the foreign ones beside them; calls go where their names say. */
  withForeignTools(tools: AgentTools): AgentTools
  /** Ends every server of the run. */
  close(): Promise<void>
}

/** Foreign tools of every run; `bind` starts the allowed servers for one. */
export interface McpGateway {
  bind(host: McpHost): Promise<ForeignTools>
}

/** Makes the gateway of an installation. */
export function createMcpGateway(dependencies: McpGatewayDependencies): McpGateway {
  return { bind: (host) => bind(dependencies, host) }
}

const STEP = 'mcp:servers'
/** By this the database knows whose sequence a call belongs to. */
const SEQUENCE = 'mcp:'
const NONE: ForeignTools = { withForeignTools: (tools) => tools, close: async () => undefined }

/** What became of a server when the run began; recorded, so that a resumed run declares the same tools. */
interface Standing {
  readonly id: string
  readonly pin: string | null
  readonly tools: readonly DeclaredTool[]
}

async function bind(dependencies: McpGatewayDependencies, host: McpHost): Promise<ForeignTools> {
  const { servers } = await dependencies.configuration()
  if (servers.length === 0 && !host.journal.recorded(STEP)) return NONE
  const opened = new Map<string, OpenServer>()
  try {
    const recorded = await host.journal.perform(
      { key: STEP, kind: 'workspace', request: { act: 'connect foreign servers' } },
      async () => {
        const found = await Promise.all(servers.map((server) => meet(dependencies, host, { server, opened })))
        const value = found.map(({ standing }) => standing) as unknown as Json
        return { value, events: found.flatMap(({ events }) => events) }
      },
    )
    const standings = recorded as unknown as readonly Standing[]
    return toolsOf(dependencies, host, { standings, servers, opened })
  } catch (error) {
    await Promise.all([...opened.values()].map((server) => server.close().catch(() => undefined)))
    throw error
  }
}

interface Meeting {
  readonly server: McpServerConfiguration
  readonly opened: Map<string, OpenServer>
}

/** Starts a pinned server and looks whether it is what was pinned; one without a pin is not even started. */
async function meet(dependencies: McpGatewayDependencies, host: McpHost, { server, opened }: Meeting) {
  const { id, pin } = server
  const out = (event: EventDraft) => ({ standing: { id, pin: pin ?? null, tools: [] }, events: [event] })
  if (pin === undefined) return out(await quarantined(dependencies, server, undefined))
  try {
    const open = await openServer(dependencies, server, placeOf(host, id))
    if (open.pin !== pin) {
      await open.close().catch(() => undefined)
      return out(await quarantined(dependencies, server, open))
    }
    opened.set(id, open)
    const { tools, left_out } = declareOffer(server, open.offer)
    const facts = {
      server: id,
      version: open.offer.server.version.slice(0, 100),
      pin,
      tools: tools.map(({ name }) => name),
    }
    const connected: EventDraft = { event: 'mcp_server_connected', facts: { ...facts, left_out: [...left_out] } }
    return { standing: { id, pin, tools: await redacted(dependencies, tools) }, events: [connected] }
  } catch (error) {
    host.signal.throwIfAborted()
    if (!(error instanceof ForeignServerError)) throw error
    const [reason = ''] = await cut(dependencies, [error.message.slice(0, 600)])
    return out({ event: 'mcp_server_unavailable', facts: { server: id, failure: error.failure, reason } })
  }
}

const placeOf = ({ run_id, tenant_id, folder }: McpHost, id: string) => ({
  identity: { run_id, tenant_id },
  folder: join(folder, 'mcp', id),
})

const cut = ({ redactor }: McpGatewayDependencies, texts: readonly string[]) =>
  Promise.all(texts.map(async (text) => (await redactor.redact(text)).text))

async function redacted(dependencies: McpGatewayDependencies, tools: readonly DeclaredTool[]) {
  return Promise.all(
    tools.map(async (tool) => {
      const [text = ''] = await cut(dependencies, [tool.description])
      return { ...tool, description: text }
    }),
  )
}

interface Bound {
  readonly standings: readonly Standing[]
  readonly servers: readonly McpServerConfiguration[]
  readonly opened: ReadonlyMap<string, OpenServer>
}

function toolsOf(dependencies: McpGatewayDependencies, host: McpHost, bound: Bound): ForeignTools {
  const desks = bound.standings
    .filter(({ tools }) => tools.length > 0)
    .map((standing) => deskOf(dependencies, host, { ...bound, standing }))
  const all: ForeignDesk = {
    dependencies,
    host,
    find: (name) => {
      for (const desk of desks) {
        const tool = desk.tools.find((one) => one.name === name)
        if (tool !== undefined) return { desk, tool }
      }
      return undefined
    },
  }
  return {
    withForeignTools: (tools) => beside(all, tools, desks),
    close: async () => {
      await Promise.all(desks.map((desk) => desk.close().catch(() => undefined)))
    },
  }
}

/** The pin a run began with is the one it goes by; a server that was pinned anew or removed since is not used. */
function deskOf(
  dependencies: McpGatewayDependencies,
  host: McpHost,
  { standing, servers, opened }: Bound & { readonly standing: Standing },
): ServerDesk {
  const { id, pin, tools } = standing
  const server = servers.find((one) => one.id === id)
  const open = opened.get(id)
  const desk = createServerDesk({
    ground: dependencies,
    place: placeOf(host, id),
    server: server ?? GONE(id),
    tools,
    clock: host.clock,
    ...(open === undefined ? {} : { open }),
  })
  if (server === undefined || server.pin !== pin)
    desk.bar({ rule: 'mcp.quarantined', message: `${id} is no longer configured as it was when this run began.` })
  return desk
}

const GONE = (id: string): McpServerConfiguration => ({
  id,
  command: [],
  read_only: [],
  tools: [],
  resources: [],
  prompts: [],
  timeout_s: 1,
  max_calls: 0,
})

function beside(all: ForeignDesk, tools: AgentTools, desks: readonly ServerDesk[]): AgentTools {
  const foreign = desks.flatMap((desk) =>
    desk.tools.map(({ name, description, input_schema }) => ({ name, description, input_schema })),
  )
  return {
    declarations: (phase) => [...tools.declarations(phase), ...foreign],
    leave: (request, at) => tools.leave(request, at),
    call: async (request, { phase, key: asked }) => {
      if (!request.name.startsWith(FOREIGN_PREFIX)) return tools.call(request, { phase, key: asked })
      const { journal } = all.host
      // What a run recorded before this gateway counted for itself is under the key as it was asked.
      const key = journal.recorded(asked) ? asked : `${SEQUENCE}${asked}`
      const args: Json = nestsTooDeep(request.arguments) ? null : request.arguments
      const call = { request, phase, key }
      // Policy decides before the intent is written and the decision is written with it; a replay decides nothing.
      const weighed = journal.recorded(key) ? undefined : await weighForeign(all, call)
      const decision = weighed?.recorded
      const intent = { key, kind: 'tool_call', request: { tool: request.name, arguments: args, phase } } as const
      const value = await journal.perform({ ...intent, ...(decision !== undefined && { decision }) }, (step) =>
        performForeign(all, call, weighed, step),
      )
      return value as unknown as ToolCallResult
    },
  }
}

/** Starts a server once to see what it offers now, for `gander mcp list` and `gander mcp pin`. */
export async function lookAtServer(
  ground: Pick<McpGatewayDependencies, 'driver' | 'servers'>,
  server: McpServerConfiguration,
  folder: string,
) {
  try {
    const open = await openServer(ground, server, { identity: { run_id: 'none', tenant_id: 'local' }, folder })
    await open.close()
    return { offer: open.offer, pin: open.pin, ...declareOffer(server, open.offer) }
  } catch (error) {
    if (!(error instanceof ForeignServerError)) throw error
    throw new GanderError('mcp_server_unavailable', `${server.id} does not answer (${error.failure}): ${error.message}`)
  }
}
