import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json, JsonObject } from '#domain/json'
import { anthropic } from './anthropic.ts'
import { google } from './google.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import { phaseOf, type Script, type ScriptedReply, type ScriptedTurn, type WireApi } from './script.ts'
import { fill, joined, object, type Asked, type WireFormat } from './wire-format.ts'

const FORMATS: Readonly<Record<WireApi, WireFormat>> = {
  anthropic,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  google,
}

/** Everything that came in, for counting calls and for proving what was and was not sent. */
export interface SeenRequest {
  readonly n: number
  readonly api: WireApi
  readonly path: string
  readonly headers: NodeJS.Dict<string | string[]>
  /** Bytes of the body as text. */
  readonly body: string
  readonly key: string | undefined
  readonly turn: ScriptedTurn
  /** True once the whole answer was handed to the network; false while it is delayed or where it was dropped. */
  answered: boolean
  /** True once the client closed the connection while the answer was owed. */
  left: boolean
  /** When the request's head arrived, by performance.now(). */
  readonly arrived_at: number
  /** When the answer began to be written, by performance.now(); 0 before. */
  answered_at: number
}

export interface ScriptedModel {
  /** Address to give as a model's URL. */
  url(api: WireApi): string
  readonly requests: readonly SeenRequest[]
  close(): Promise<void>
}

interface ScriptedModelOptions {
  /** The only key that is let in; absent means any, also none. */
  readonly key?: string
  readonly port?: number
}

/** Starts a real HTTP server that speaks every wire format; only what it says is made up. */
export async function startScriptedModel(script: Script, options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { error: { message: `the script failed: ${String(error)}` } })
      else response.destroy()
    })
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    requests,
    url: (api) => `http://127.0.0.1:${port}${api === 'google' ? '/v1beta' : '/v1'}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrived_at = performance.now()
    const path = request.url ?? '/'
    const api = apiOf(path)
    const chunks: Uint8Array[] = []
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    if (api === undefined || request.method !== 'POST')
      return send(response, 404, { error: { message: `nothing is at ${request.method} ${path}` } })
    const format = FORMATS[api]
    const key = format.keyOf(request.headers)
    const asked = format.ask(object(JSON.parse(body) as Json), path)
    const { stream: _, ...said } = asked
    const turn: ScriptedTurn = {
      n: requests.length + 1,
      api,
      phase: phaseOf(asked.tools),
      ...said,
      messages: joined(asked.messages),
    }
    const { headers } = request
    const seen: SeenRequest = {
      n: turn.n,
      api,
      path,
      headers,
      body,
      key,
      turn,
      answered: false,
      left: false,
      arrived_at,
      answered_at: 0,
    }
    requests.push(seen)
    response.once('close', () => (seen.left = !response.writableEnded))
    if (options.key !== undefined && key !== options.key)
      return send(response, 401, format.error(401, 'invalid x-api-key'))
    const reply = await script(turn)
    if (reply.delay_ms !== undefined) await sleep(reply.delay_ms)
    seen.answered_at = performance.now()
    answer(response, { format, asked, reply, n: turn.n, bytes: body.length })
    seen.answered = reply.fail?.drop === undefined
  }
}

interface Answering {
  readonly format: WireFormat
  readonly asked: Asked
  readonly reply: ScriptedReply
  readonly n: number
  readonly bytes: number
}

function answer(response: ServerResponse, { format, asked, reply, n, bytes }: Answering): void {
  const full = fill(reply, n, bytes)
  const { fail } = reply
  if (fail?.drop === true) {
    response.destroy()
    return
  }
  if (fail?.drop === 'half') {
    const content = JSON.stringify(format.reply(full, asked))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) })
    response.write(content.slice(0, content.length / 2), () => response.destroy())
    return
  }
  if (fail !== undefined) {
    const status = fail.status ?? 500
    const content = fail.body ?? JSON.stringify(format.error(status, `scripted failure ${status}`))
    response.writeHead(status, { 'content-type': 'application/json', ...fail.headers }).end(content)
    return
  }
  if (!asked.stream) return send(response, 200, format.reply(full, asked))
  if (format.stream === undefined) return send(response, 400, format.error(400, 'streaming is not scripted here'))
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [event, said] of format.stream(full, asked))
    response.write(
      `${event === null ? '' : `event: ${event}\n`}data: ${said === '[DONE]' ? said : JSON.stringify(said)}\n\n`,
    )
  response.end()
}

function apiOf(path: string): WireApi | undefined {
  if (path.startsWith('/v1/messages')) return 'anthropic'
  if (path.startsWith('/v1/chat/completions')) return 'openai-chat'
  if (path.startsWith('/v1/responses')) return 'openai-responses'
  if (/^\/v1beta\/models\/[^/]+:(stream)?[gG]enerateContent/.test(path)) return 'google'
  return undefined
}

function send(response: ServerResponse, status: number, content: Json | JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
}
