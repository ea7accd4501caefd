import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureGateway, type GatewayConnection } from '#adapters/gateway-socket'
import type { ModelApi, ModelChoice } from '#domain/task'
import type { GuestChannel } from '#ports'
import { startTestServer, type TestDatabase } from '../database.ts'
import { useCompiledCode } from './compile-cache.ts'
import { admissionFor, askAsGuest } from './guest.ts'

/** The provider's key, as the gateway holds it. */
export const KEY = 'sk-real-provider-key-0123456789abcdef'
/** A request over Anthropic's messages, and its answer. */
export const GO = { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] }
export const ANSWER = {
  type: 'message',
  model: 'm-1',
  content: [{ type: 'text', text: 'Done.' }],
  usage: { input_tokens: 100, output_tokens: 20 },
}
const PRICE = { input: 10, output: 50, cached_input: 1 }

/** How each format asks for a stream, and an event that brings a piece of text. */
export const STREAMS = {
  anthropic: {
    path: '/v1/messages',
    body: GO,
    field: 'text',
    piece: (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  },
  'openai-chat': {
    path: '/v1/chat/completions',
    body: { model: 'any', messages: GO.messages },
    field: 'content',
    piece: (content: string) => ({ choices: [{ index: 0, delta: { content } }] }),
  },
  'openai-responses': {
    path: '/v1/responses',
    body: { model: 'any', input: 'Go.' },
    field: 'delta',
    piece: (delta: string) => ({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta }),
  },
  google: {
    path: '/v1beta/models/any:streamGenerateContent?alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: 'Go.' }] }] },
    field: 'text',
    piece: (text: string) => ({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }] }),
  },
} satisfies Partial<Record<ModelApi, unknown>>

/** A secret in the forms in which it might be smuggled. */
export const encoded = (secret: string): Readonly<Record<string, string>> => ({
  raw: secret,
  base64: Buffer.from(`x${secret}y`).toString('base64'),
  hex: Buffer.from(secret).toString('hex'),
  url: secret
    .split('')
    .map((each) => `%${each.codePointAt(0)?.toString(16)}`)
    .join(''),
  reversed: secret.split('').toReversed().join(''),
  lines: secret.split('').join('\n'),
})

/** Answers with JSON. */
export const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

interface Seen {
  readonly url: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** A real gateway process in front of a provider that answers as it is told. */
export async function startEvilProvider() {
  useCompiledCode()
  const seen: Seen[] = []
  const channels: GuestChannel[] = []
  const answer = { respond: (response: ServerResponse) => json(response, 200, ANSWER) }
  const provider = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece
    })
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, body })
      answer.respond(response)
    })
  })
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const server = await startTestServer()
  const db: TestDatabase = await server.database()
  const home = await mkdtemp(join(tmpdir(), 'gander-guest-'))
  await writeFile(join(home, 'prices.json'), JSON.stringify({ models: { evil: { '*': PRICE } } }))
  const gateway = { database_url: db.owner_url, keys: { evil: KEY }, idle_ms: 3_000 }
  const connection: GatewayConnection = await ensureGateway({ home, ...gateway })
  const model = (api: ModelApi = 'anthropic'): ModelChoice => {
    const { port } = provider.address() as AddressInfo
    return { provider: 'evil', model: 'm-1', api, url: `http://127.0.0.1:${port}` }
  }
  const log = () => readFile(join(home, 'logs', 'gateway.log'), 'utf8')
  return {
    db,
    home,
    connection,
    seen,
    model,
    /** What the provider does with a request; put back by `rest`. */
    answer,
    log,
    /** Everything that the gateway has on disk. */
    async files() {
      const entries = await readdir(home, { recursive: true, withFileTypes: true })
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'latin1') })))
    },
    /** The process that serves now. */
    pid: async () => Number([...(await log()).matchAll(/"pid":(\d+),"event":"gateway_started"/g)].at(-1)?.[1]),
    async admit(limits = {}, api: ModelApi = 'anthropic') {
      const admission = await admissionFor(db.database, model(api), limits)
      const channel = await connection.gateway.admit(admission)
      channels.push(channel)
      const headers = { 'x-api-key': channel.token }
      const ask = (body: unknown, path = '/v1/messages') => askAsGuest({ socket: channel.socket, path, headers, body })
      return { admission, channel, ask, headers }
    },
    async budgetOf(run_id: string) {
      const [row] = await db.asOwner(
        'select cost_usd::float8 as cost, reserved_usd::float8 as reserved, max_cost_usd::float8 as max from gander.budget where run_id = $1',
        [run_id],
      )
      return row as { readonly cost: number; readonly reserved: number; readonly max: number }
    },
    /** Ends what a test left behind. */
    async rest() {
      await rm(join(home, 'model-policy.yaml'), { force: true })
      for (const channel of channels.splice(0)) await channel.close()
      seen.length = 0
      answer.respond = (response) => json(response, 200, ANSWER)
    },
    async stop() {
      await connection.close()
      provider.closeAllConnections()
      provider.close()
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
