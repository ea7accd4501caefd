import { Readable } from 'node:stream'
import {
  client,
  methods,
  ndJsonStream,
  PROTOCOL_VERSION,
  type McpServer,
  type NewSessionRequest,
  type PromptRequest,
  type SessionUpdate,
} from '@agentclientprotocol/sdk'
import type { Json } from '#domain/json'
import { anyEnvironment } from './any-command.ts'
import { answerPermission, type AcpDesk, writeFile } from './acp-desk.ts'
import { textOf, TOOL_SERVER, type GuestCli, type GuestTalk, type ToolSeat } from './guest-cli.ts'
import { openCodeEnvironment } from './opencode.ts'

/**
 * Any program that speaks the Agent Client Protocol on its standard streams. What it asks leave for is weighed by policy,
 * what it writes through us is written by the tool gateway; what it does with its own hands the sandbox holds, and the
 * gates look at the tree either way. It gets no terminal and no reading from us: it has hands of its own for both.
 */
export const acpGuest: GuestCli = {
  launch: ({ program, origin, token, model }) => ({
    argv: program,
    env: { ...anyEnvironment(origin, token, model), ...openCodeEnvironment({ origin, token, model }) },
    files: {},
  }),
  read: () => [],
  converse,
}

async function converse(talk: GuestTalk): Promise<void> {
  const { process, session, add } = talk
  const desk: AcpDesk = { session, key_prefix: talk.key_prefix, needLeave: talk.needLeave, calls: 0 }
  const input = new WritableStream<Uint8Array>({ write: (bytes) => process.write(bytes) })
  // Node's web streams and the library's are the same at run time.
  const output = Readable.toWeb(
    Readable.from(bounded(talk.output), { objectMode: false }),
  ) as ReadableStream<Uint8Array>
  const app = client({ name: 'gander' })
    .onRequest(methods.client.session.requestPermission, ({ params }) => answerPermission(desk, params))
    .onRequest(methods.client.fs.writeTextFile, ({ params }) => writeFile(desk, params))
    .onNotification(methods.client.session.update, ({ params }) => readUpdate(params.update, add))
  await app.connectWith(ndJsonStream(input, output), async (agent) => {
    const { agentCapabilities } = await agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: true }, terminal: false },
    })
    const mcpServers = agentCapabilities?.mcpCapabilities?.http === true ? [server(talk.tools)] : []
    const opening: NewSessionRequest = { cwd: '/workspace', mcpServers }
    const { sessionId } = await agent.request(methods.agent.session.new, opening)
    const asked: PromptRequest = { sessionId, prompt: [{ type: 'text', text: talk.prompt }] }
    const { stopReason } = await agent.request(methods.agent.session.prompt, asked)
    add({ kind: 'concluded', text: '', is_error: stopReason === 'refusal' })
  })
}

const server = ({ url, token }: ToolSeat): McpServer => ({
  type: 'http',
  name: TOOL_SERVER,
  url,
  headers: [{ name: 'Authorization', value: `Bearer ${token}` }],
})

const MAX_TOTAL = 256 * 1024 * 1024

async function* bounded(output: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of output) {
    total += chunk.length
    if (total > MAX_TOTAL) return
    yield chunk
  }
}

/** Words come in pieces; what stands between two tool calls is one saying. */
function readUpdate(update: SessionUpdate, add: GuestTalk['add']): void {
  if (update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text')
    add({ kind: 'said_on', text: update.content.text })
  if (update.sessionUpdate === 'tool_call')
    // Arguments came over the wire as JSON.
    add({
      kind: 'tool_called',
      id: update.toolCallId,
      tool: update.kind ?? 'other',
      args: { title: update.title, input: (update.rawInput ?? null) as Json },
    })
  if (update.sessionUpdate !== 'tool_call_update') return
  const { status } = update
  if (status !== 'completed' && status !== 'failed') return
  const shown = (update.content ?? []).map((part) =>
    part.type === 'content' ? (part.content as unknown as Json) : null,
  )
  add({ kind: 'tool_answered', id: update.toolCallId, text: textOf(shown), is_error: status === 'failed' })
}
