import { Server } from '@modelcontextprotocol/server'
import type { Json } from '#domain/json'
import type { AgentPhase } from '#domain/tool'
import type { AgentTools } from '#ports'
import { serveOverHttp } from './serve.ts'

/** What a guest reads with the platform's own hands; it writes with its own inside its sandbox. */
const GUEST_TOOLS: ReadonlySet<string> = new Set(['verify', 'file_search', 'file_list', 'file_read', 'git_diff'])

/** The tools of one run, for the guest that works on it. */
export interface GuestTools {
  readonly tools: AgentTools
  readonly phase: AgentPhase
  /** A fresh key of the run's journal for each call. */
  readonly nextKey: () => string
  readonly token: string
  /** Absolute path of the unix socket to listen at; a door of the guest's sandbox leads there. */
  readonly socket: string
  readonly version: string
}

/** Serves verify and the reading tools of a run; every call goes through the run's own gateway and journal. */
export async function serveGuestTools(guest: GuestTools): Promise<{ close(): Promise<void> }> {
  return serveOverHttp({ factory: () => serverOf(guest), at: { socket: guest.socket }, token: guest.token })
}

function serverOf({ tools, phase, nextKey, version }: GuestTools): Server {
  const server = new Server({ name: 'gander-run', version }, { capabilities: { tools: {} } })
  const open = tools.declarations(phase).filter(({ name }) => GUEST_TOOLS.has(name))
  server.setRequestHandler('tools/list', () => ({
    tools: open.map(({ name, description, input_schema }) => ({
      name,
      description,
      inputSchema: { ...input_schema, type: 'object' as const },
    })),
  }))
  server.setRequestHandler('tools/call', async ({ params }) => {
    if (!open.some(({ name }) => name === params.name))
      return { content: [{ type: 'text', text: `There is no tool of that name here.` }], isError: true }
    const key = nextKey()
    const args = (params.arguments ?? {}) as Json
    const { answer } = await tools.call({ id: key, name: params.name, arguments: args }, { phase, key })
    return { content: [{ type: 'text', text: answer.text }], isError: answer.is_error }
  })
  return server
}
