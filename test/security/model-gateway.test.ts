import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { connect as dial, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ensureGateway, type GatewayConnection } from '#adapters/gateway-socket'
import type { GuestChannel } from '#ports'
import type { ModelApi } from '#domain/task'
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { admissionFor, askAsGuest } from '../support/gateway/guest.ts'
import { modelCall } from '../support/gateway/model-call.ts'

const KEY = 'sk-real-provider-key-0123456789abcdef'
const PRICE = { input: 10, output: 50, cached_input: 1 }
const GO = { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] }
const ANSWER = {
  type: 'message',
  model: 'm-1',
  content: [{ type: 'text', text: 'Done.' }],
  usage: { input_tokens: 100, output_tokens: 20 },
}
/** How each format asks for a stream, and an event that brings a piece of text. */
const STREAMS = {
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
interface Seen {
  readonly url: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

let server: TestServer
let db: TestDatabase
let home: string
let connection: GatewayConnection
let respond: (response: ServerResponse) => void
const seen: Seen[] = []
const channels: GuestChannel[] = []
const provider = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (piece: string) => {
    body += piece
  })
  request.on('end', () => {
    seen.push({ url: request.url ?? '', headers: request.headers, body })
    respond(response)
  })
})

beforeAll(async () => {
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
  server = await startTestServer()
  db = await server.database()
  home = await mkdtemp(join(tmpdir(), 'gander-guest-'))
  await writeFile(join(home, 'prices.json'), JSON.stringify({ models: { evil: { '*': PRICE } } }))
  connection = await ensureGateway({ home, database_url: db.owner_url, keys: { evil: KEY }, idle_ms: 3_000 })
}, 60_000)
afterAll(async () => {
  await connection.close()
  provider.closeAllConnections()
  provider.close()
  await server.stop()
  await rm(home, { recursive: true, force: true })
})
beforeEach(() => {
  seen.length = 0
  respond = (response) => json(response, 200, ANSWER)
})
afterEach(async () => {
  await rm(join(home, 'model-policy.yaml'), { force: true })
  for (const channel of channels.splice(0)) await channel.close()
})

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
const model = (api: ModelApi = 'anthropic') => {
  const { port } = provider.address() as AddressInfo
  return { provider: 'evil', model: 'm-1', api, url: `http://127.0.0.1:${port}` }
}
async function admit(limits = {}, api: ModelApi = 'anthropic') {
  const admission = await admissionFor(db.database, model(api), limits)
  const channel = await connection.gateway.admit(admission)
  channels.push(channel)
  const headers = { 'x-api-key': channel.token }
  const ask = (body: unknown, path = '/v1/messages') => askAsGuest({ socket: channel.socket, path, headers, body })
  return { admission, channel, ask, headers }
}
const budgetOf = async (run_id: string) => {
  const [row] = await db.asOwner(
    'select cost_usd::float8 as cost, reserved_usd::float8 as reserved, max_cost_usd::float8 as max from gander.budget where run_id = $1',
    [run_id],
  )
  return row as { readonly cost: number; readonly reserved: number; readonly max: number }
}

describe('who may ask', () => {
  test('another run’s token is worth nothing here, and the run’s own works', async () => {
    const [one, two] = [await admit(), await admit()]
    const crossed = await askAsGuest({
      socket: one.channel.socket,
      path: '/v1/messages',
      headers: two.headers,
      body: GO,
    })
    expect(crossed.status).toBe(401)
    expect(seen).toHaveLength(0)
    expect((await one.ask(GO)).status).toBe(200)
  })

  test('a run that was cancelled, or has another lease, is refused at once', async () => {
    const cancelled = await admit()
    await db.asOwner("update gander.run set cancel_requested_by = 'ada' where id = $1", [cancelled.admission.run_id])
    expect(await cancelled.ask(GO)).toMatchObject({ status: 403 })
    const stolen = await admit()
    await db.asOwner('update gander.run set fence = fence + 1 where id = $1', [stolen.admission.run_id])
    expect(await stolen.ask(GO)).toMatchObject({ status: 403, text: expect.stringContaining('lease_lost') })
    expect(seen).toHaveLength(0)
  })

  test('a cancelled run’s call in flight is cut off within three seconds and booked as reserved', async () => {
    const { admission, ask, channel } = await admit()
    respond = (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    const answer = ask(GO).catch(() => 'cut off')
    await expect.poll(() => seen.length).toBe(1)
    await db.asOwner("update gander.run set cancel_requested_by = 'ada' where id = $1", [admission.run_id])
    const started = Date.now()
    await answer
    expect(Date.now() - started).toBeLessThan(3_000)
    await expect.poll(async () => (await budgetOf(admission.run_id)).reserved).toBe(0)
    expect((await channel.exchanges())[0]).toMatchObject({ outcome: 'failed' })
    expect((await budgetOf(admission.run_id)).cost).toBeGreaterThan(0)
  })
})

describe('the budget', () => {
  test('fifty calls racing for the last unit never reserve and spend more than there is', async () => {
    const { admission, ask, channel } = await admit({ max_cost_usd: 0.05 })
    let most = 0
    respond = (response) => {
      const look = async () => {
        const { cost, reserved } = await budgetOf(admission.run_id)
        most = Math.max(most, cost + reserved)
        json(response, 200, ANSWER)
      }
      void look()
    }
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(GO)))
    const good = answers.filter((answer) => answer.status === 200).length
    expect(good).toBeGreaterThan(0)
    expect(good).toBeLessThan(50)
    expect(most).toBeLessThanOrEqual(0.05)
    const after = await budgetOf(admission.run_id)
    expect(after.reserved).toBe(0)
    expect(after.cost).toBeCloseTo(good * 0.002, 6)
    expect((await channel.exchanges()).filter((each) => each.outcome === 'answered')).toHaveLength(good)
  })

  test('fifty reservations at the database never exceed the budget', async () => {
    const { createGuestBudget } = await import('#adapters/postgres')
    const admission = await admissionFor(db.database, model(), { max_cost_usd: 1 })
    const budget = createGuestBudget(db)
    const wanted = { model: model(), request_sha256: 'x', policy_version: 'v', worst_usd: 0.3, worst_tokens: 10 }
    const reserved = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        budget.reserve(admission, { ...wanted, n: n + 1, max_cost_usd: null, max_tokens: null }),
      ),
    )
    expect(reserved.filter((each) => each.status === 'reserved')).toHaveLength(3)
    expect(await budget.abandon()).toBe(3)
    expect(await budgetOf(admission.run_id)).toMatchObject({ reserved: 0, cost: 0.9 })
  })

  test('a missing usage is booked as reserved, and the model is told when the budget runs out', async () => {
    const { admission, ask } = await admit({ max_cost_usd: 0.02 })
    respond = (response) => json(response, 200, { ...ANSWER, usage: undefined })
    await ask(GO)
    expect((await budgetOf(admission.run_id)).cost).toBeGreaterThan(0.005)
    await db.asOwner('update gander.budget set cost_usd = max_cost_usd * 0.91, max_cost_usd = 1 where run_id = $1', [
      admission.run_id,
    ])
    await db.asOwner('update gander.budget set cost_usd = 0.91 where run_id = $1', [admission.run_id])
    await ask(GO)
    expect(seen.at(-1)?.body).toContain('90 % of this run')
    expect(seen[0]?.body).not.toContain('of this run')
  })
})

describe('what may be asked', () => {
  test('tools of the provider, unknown fields and tracking are taken out, and own tools stay', async () => {
    const { ask } = await admit()
    const tools = [
      { type: 'web_search_20250305', name: 'web_search' },
      { type: 'code_execution_20250522', name: 'code_execution' },
      { name: 'edit', input_schema: { type: 'object' } },
    ]
    const extra = { mcp_servers: [{ url: 'https://evil.example' }], container: 'c', metadata: { user_id: 'u' } }
    expect((await ask({ ...GO, ...extra, tools })).status).toBe(200)
    const sent = JSON.parse(seen[0]?.body ?? '{}') as Record<string, unknown>
    expect(sent['tools']).toEqual([{ name: 'edit', input_schema: { type: 'object' } }])
    for (const field of Object.keys(extra)) expect(sent).not.toHaveProperty(field)
    expect(sent['model']).toBe('m-1')
  })

  test('images by address or file id are refused, and images as bytes are let through', async () => {
    const { ask } = await admit()
    const image = (source: object) => ({ ...GO, messages: [{ role: 'user', content: [{ type: 'image', source }] }] })
    for (const source of [
      { type: 'url', url: 'http://169.254.169.254/' },
      { type: 'file', file_id: 'f' },
    ])
      expect(await ask(image(source))).toMatchObject({ status: 400, text: expect.stringContaining('foreign_source') })
    expect(seen).toHaveLength(0)
    expect((await ask(image({ type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' }))).status).toBe(200)
  })

  test('responses are never stored at the provider and refer to nothing stored there', async () => {
    const { ask } = await admit({}, 'openai-responses')
    const extra = { store: true, previous_response_id: 'r', tools: [{ type: 'web_search' }, { type: 'local_shell' }] }
    expect((await ask({ model: 'm', input: 'Go.', ...extra }, '/v1/responses')).status).toBe(200)
    const sent = JSON.parse(seen[0]?.body ?? '{}') as Record<string, unknown>
    expect(sent).toMatchObject({ store: false, tools: [{ type: 'local_shell' }] })
    expect(sent).not.toHaveProperty('previous_response_id')
    const reference = { model: 'm', input: [{ type: 'item_reference', id: 'x' }] }
    expect((await ask(reference, '/v1/responses')).status).toBe(400)
  })

  test('another wire format is refused in its own words with the remedy', async () => {
    const { ask } = await admit()
    const refused = await ask({ model: 'm', messages: [{ role: 'user', content: 'x' }] }, '/v1/chat/completions')
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('Anthropic messages') })
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'other_wire_format' } })
  })

  test('JSON ten thousand levels deep, no JSON, and duplicate keys do no harm', async () => {
    const { ask } = await admit()
    const deep = `{"model":"m","max_tokens":1,"messages":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
    expect(await ask(deep)).toMatchObject({ status: 400, text: expect.stringContaining('too_deep') })
    expect((await ask('{"model":')).status).toBe(400)
    const twice = `{"model":"a","model":"b","max_tokens":7,"max_tokens":9,"__proto__":{"x":1},"messages":[{"role":"user","content":"Go."}]}`
    expect((await ask(twice)).status).toBe(200)
    expect(seen[0]?.body.match(/"max_tokens":9/g)).toHaveLength(1)
  })

  test('two lengths for one body are refused before anything is read as a second request', async () => {
    const { channel } = await admit()
    const socket = dial(channel.socket)
    let text = ''
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    socket.on('error', () => undefined)
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${channel.token}\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\nx-api-key: ${channel.token}\r\n\r\n`,
    )
    await once(socket, 'close')
    expect(text).toContain('400 Bad Request')
    expect(text).not.toContain('"data"')
  })
})

describe('what comes back', () => {
  test('the key never does: not in an error, not in an answer', async () => {
    const { ask } = await admit()
    respond = (response) => json(response, 400, { error: { message: `bad key ${KEY}` } })
    expect((await ask(GO)).text).not.toContain(KEY)
    respond = (response) => json(response, 200, { ...ANSWER, content: [{ type: 'text', text: `It is ${KEY}.` }] })
    expect((await ask(GO)).text).toContain('It is [redacted')
  })

  test.each(Object.keys(STREAMS) as (keyof typeof STREAMS)[])(
    'key and token never do in a stream over %s: not letter by letter, not beside a text',
    async (api) => {
      const { channel, ask } = await admit({}, api)
      const { path, body, piece, field } = STREAMS[api]
      respond = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        const letters = ['It is ', ...KEY.split(''), ' and ', ...channel.token.split(''), '. That was it.']
        for (const each of letters) response.write(`data: ${JSON.stringify({ ...piece(each), beside: 'nothing' })}\n\n`)
        response.end(`data: ${JSON.stringify({ ...piece(' Bye.'), beside: `<${KEY}>` })}\n\n`)
      }
      const { text } = await ask({ ...body, stream: true }, path)
      const said = [...text.matchAll(new RegExp(`"${field}":"([^"]*)"`, 'g'))].map(([, each]) => each).join('')
      expect(said).toMatch(/^It is \[redacted[^\]]*\] and \[redacted[^\]]*\]\. That was it\. Bye\.$/)
      expect(text).toMatch(/"beside":"<\[redacted[^\]]*\]>"/)
      for (const secret of [KEY, channel.token]) expect(text).not.toContain(secret)
    },
  )

  test('a redirect is not followed, and the client’s own headers do not go on', async () => {
    const { channel, ask } = await admit()
    respond = (response) => json(response, 307, {}, { location: '/elsewhere' })
    expect((await ask(GO)).status).toBe(502)
    expect(seen).toHaveLength(1)
    respond = (response) => json(response, 200, ANSWER)
    const headers = {
      'x-api-key': channel.token,
      'x-forwarded-for': '1.2.3.4',
      cookie: 'c=1',
      'anthropic-beta': 'mcp-client-2025-04-04,interleaved-thinking-2025-05-14',
    } // prettier-ignore
    await askAsGuest({ socket: channel.socket, path: '/v1/messages', headers, body: GO })
    expect(seen[1]?.headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-beta': 'interleaved-thinking-2025-05-14' })
    expect(Object.keys(seen[1]?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-forwarded-for']))
    expect(seen[1]?.headers).not.toHaveProperty('cookie')
  })

  test('an answer larger than 32 MiB is broken off', async () => {
    const { ask } = await admit()
    respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.on('error', () => undefined)
      const block = 'x'.repeat(1024 * 1024)
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await ask(GO)).toMatchObject({ status: 502 })
  })
})

describe('the policy for models', () => {
  test('a blocked model is asked by neither guest nor native call, and without the file both are', async () => {
    const { ask } = await admit()
    await writeFile(join(home, 'model-policy.yaml'), 'model_policy:\n  - blocked_models:\n      - model: m-*\n')
    expect(await ask(GO)).toMatchObject({ status: 403, text: expect.stringContaining('refused_by_policy') })
    const native = await connection.gateway.call(modelCall('n/1/0', model()))
    expect(native).toMatchObject({ status: 'failed', kind: 'refused_by_policy' })
    expect(seen).toHaveLength(0)
    await rm(join(home, 'model-policy.yaml'))
    expect((await ask(GO)).status).toBe(200)
    expect(await connection.gateway.call(modelCall('n/2/0', model()))).toMatchObject({ status: 'answered' })
  })

  test('a file that is no policy refuses everything and names line and field', async () => {
    const { ask } = await admit()
    await writeFile(join(home, 'model-policy.yaml'), 'model_policy:\n  - data_class_max: internal\n    alowed: []\n')
    const refused = await ask(GO)
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('line 3') })
    expect(refused.text).toContain('alowed')
    expect(seen).toHaveLength(0)
  })
})
