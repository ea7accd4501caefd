import { Client, SdkError, SdkErrorCode, type RequestOptions } from '@modelcontextprotocol/client'
import type { Json, JsonObject } from '#domain/json'
import {
  ForeignServerError,
  type ForeignAnswer,
  type ForeignIdentity,
  type ForeignNotice,
  type ForeignOffer,
  type ForeignPrompt,
  type ForeignServer,
  type ForeignServers,
  type ForeignTool,
  type SandboxProcess,
} from '#ports'
import { createProcessTransport, type ProcessTransport } from './process-transport.ts'

/** The most pages of one list that are asked for. */
const MAX_PAGES = 20

/** What is spoken with and how its failures are told. */
interface Talk {
  readonly client: Client
  readonly transport: ProcessTransport
  readonly meta: JsonObject
}

/** Makes the client side of the protocol; it offers a server no capability whatever. */
export function createForeignServers({ version }: { readonly version: string }): ForeignServers {
  return {
    overProcess: async (process, timeout_ms, identity) => connect({ process, version, identity }, timeout_ms),
  }
}

interface Connection {
  readonly process: SandboxProcess
  readonly version: string
  readonly identity: ForeignIdentity | undefined
}

async function connect({ process, version, identity }: Connection, timeout_ms: number): Promise<ForeignServer> {
  const listeners = new Set<(notice: ForeignNotice) => void>()
  const early: ForeignNotice[] = []
  const notify = (notice: ForeignNotice): void => {
    if (listeners.size === 0 && early.length < 20) early.push(notice)
    for (const listener of listeners) listener(notice)
  }
  const transport = createProcessTransport(process, notify)
  // Nothing is advertised, so the protocol itself refuses what a server may not ask. A schema of the server's is not
  // compiled here: the gateway checks arguments, and answers are untrusted whatever their shape.
  const client = new Client(
    { name: 'gander', version },
    {
      capabilities: {},
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  )
  const meta = identity === undefined ? {} : { 'gander/run': identity.run_id, 'gander/tenant': identity.tenant_id }
  const talk: Talk = { client, transport, meta }
  await told(talk, () => client.connect(transport, { timeout: timeout_ms, maxTotalTimeout: timeout_ms })).catch(
    async (error: unknown) => {
      await transport.close()
      throw error
    },
  )
  return {
    offer: (limit) => told(talk, () => offerOf(talk, limit)),
    call: (tool, args, limit, signal) => told(talk, () => callTool(talk, { tool, args, ...timed(limit, signal) })),
    readResource: (uri, limit, signal) => told(talk, () => readResource(talk, uri, timed(limit, signal).options)),
    getPrompt: (prompt, limit, signal) => told(talk, () => getPrompt(talk, prompt, timed(limit, signal).options)),
    onNotice: (listener) => {
      listeners.add(listener)
      for (const notice of early.splice(0)) listener(notice)
    },
    close: async () => {
      await client.close().catch(() => undefined)
      await transport.close()
    },
  }
}

/** A drip of progress does not extend a call. */
const timed = (limit: number, signal?: AbortSignal): { readonly options: RequestOptions } => ({
  options: { timeout: limit, maxTotalTimeout: limit, ...(signal === undefined ? {} : { signal }) },
})

async function offerOf({ client, meta }: Talk, limit: number): Promise<ForeignOffer> {
  const server = client.getServerVersion()
  const capabilities = client.getServerCapabilities() ?? {}
  const { options } = timed(limit)
  const about = (cursor: string | undefined) => ({ _meta: meta, ...(cursor === undefined ? {} : { cursor }) })
  const tools =
    capabilities.tools === undefined
      ? []
      : await pages(async (cursor) => {
          const page = await client.request({ method: 'tools/list', params: about(cursor) }, options)
          return { items: page.tools, next: page.nextCursor }
        })
  const prompts =
    capabilities.prompts === undefined
      ? []
      : await pages(async (cursor) => {
          const page = await client.request({ method: 'prompts/list', params: about(cursor) }, options)
          return { items: page.prompts, next: page.nextCursor }
        })
  const resources =
    capabilities.resources === undefined
      ? []
      : await pages(async (cursor) => {
          const page = await client.request({ method: 'resources/list', params: about(cursor) }, options)
          return { items: page.resources, next: page.nextCursor }
        })
  return {
    server: { name: server?.name ?? 'unknown', version: server?.version ?? 'unknown' },
    tools: tools.map(foreignTool),
    prompts: prompts.map(foreignPrompt),
    resources: resources.map(({ uri, name, mimeType }) => ({ uri, name, media_type: mimeType ?? null })),
  }
}

interface ListedTool {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly inputSchema: unknown
  readonly outputSchema?: unknown
  readonly annotations?: unknown
}

const foreignTool = (tool: ListedTool): ForeignTool => ({
  name: tool.name,
  ...(tool.title === undefined ? {} : { title: tool.title }),
  description: tool.description ?? '',
  input_schema: tool.inputSchema as JsonObject,
  ...(tool.outputSchema === undefined ? {} : { output_schema: tool.outputSchema as JsonObject }),
  ...(tool.annotations === undefined ? {} : { annotations: tool.annotations as JsonObject }),
})

interface ListedPrompt {
  readonly name: string
  readonly description?: string | undefined
  readonly arguments?:
    | readonly {
        readonly name: string
        readonly description?: string | undefined
        readonly required?: boolean | undefined
      }[]
    | undefined
}

const foreignPrompt = ({ name, description, arguments: given }: ListedPrompt): ForeignPrompt => ({
  name,
  description: description ?? '',
  arguments: (given ?? []).map((argument) => ({
    name: argument.name,
    description: argument.description ?? '',
    required: argument.required === true,
  })),
})

interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | undefined
}

async function pages<Item>(ask: (cursor: string | undefined) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const all: Item[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { items, next } = await ask(cursor)
    all.push(...items)
    if (next === undefined) return all
    cursor = next
  }
  throw new ForeignServerError('protocol', `the server's list has more than ${MAX_PAGES} pages`)
}

interface ToolCall {
  readonly tool: string
  readonly args: JsonObject
  readonly options: RequestOptions
}

async function callTool({ client, meta }: Talk, { tool, args, options }: ToolCall): Promise<ForeignAnswer> {
  const params = { name: tool, arguments: { ...args }, _meta: meta }
  const result = await client.request({ method: 'tools/call', params }, options)
  const text = result.content.map(shown).join('\n')
  const structured = result.structuredContent as Json | undefined
  return { text, is_error: result.isError === true, ...(structured === undefined ? {} : { structured }) }
}

async function readResource({ client, meta }: Talk, uri: string, options: RequestOptions): Promise<ForeignAnswer> {
  const result = await client.request({ method: 'resources/read', params: { uri, _meta: meta } }, options)
  return {
    text: result.contents.map((part) => shown({ type: 'resource', resource: part })).join('\n'),
    is_error: false,
  }
}

type AskedPrompt = Parameters<ForeignServer['getPrompt']>[0]

async function getPrompt({ client, meta }: Talk, prompt: AskedPrompt, options: RequestOptions): Promise<ForeignAnswer> {
  const params = { name: prompt.name, arguments: { ...prompt.arguments }, _meta: meta }
  const { messages } = await client.request({ method: 'prompts/get', params }, options)
  return { text: messages.map(({ role, content }) => `${role}: ${shown(content)}`).join('\n'), is_error: false }
}

/** Text as it is; everything else by its kind and size only. */
function shown(part: { readonly type: string } & Readonly<Record<string, unknown>>): string {
  if (part.type === 'text' && typeof part['text'] === 'string') return part['text']
  if (part.type === 'resource' && typeof part['resource'] === 'object' && part['resource'] !== null) {
    const resource = part['resource'] as Readonly<Record<string, unknown>>
    if (typeof resource['text'] === 'string') return resource['text']
    return named('resource', resource['mimeType'], resource['blob'])
  }
  return named(part.type, part['mimeType'], part['data'])
}

const named = (kind: string, media: unknown, encoded: unknown): string => {
  const size = typeof encoded === 'string' ? `, about ${Math.floor((encoded.length * 3) / 4)} bytes` : ''
  return `[${kind}${typeof media === 'string' ? ` of type ${media.slice(0, 60)}` : ''}${size}; not shown]`
}

/** Every failure of a conversation as one of four kinds. */
async function told<Value>({ transport }: Talk, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof ForeignServerError) throw error
    const broken = transport.broken()
    if (broken !== undefined) throw new ForeignServerError(broken.failure, broken.message)
    const message = error instanceof Error ? error.message : String(error)
    throw new ForeignServerError(error instanceof SdkError ? kindOf(error) : 'protocol', message)
  }
}

function kindOf({ code }: SdkError): ForeignServerError['failure'] {
  if (code === SdkErrorCode.RequestTimeout) return 'timeout'
  const isGone = code === SdkErrorCode.ConnectionClosed || code === SdkErrorCode.NotConnected
  return isGone || code === SdkErrorCode.SendFailed ? 'closed' : 'protocol'
}
