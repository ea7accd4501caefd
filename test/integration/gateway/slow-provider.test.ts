import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forwardRequest } from '#adapters/gateway-socket'
import { createModelProvider } from '#adapters/models'
import type { ModelApi } from '#domain/task'
import { createRedactor } from '#evidence-plane/redaction'
import { createGuestDesk, createModelRules } from '#execution-plane/model-gateway'
import type { ArtifactStore, GuestBudget } from '#ports'
import { modelRequest } from '../../support/gateway/model-call.ts'

const CALL_MS = 400
let respond: (response: ServerResponse) => void
/** Connections that the other side has left. */
let left = 0
const provider = createServer((request, response) => {
  request.resume()
  response.on('error', () => undefined)
  request.socket.once('close', () => {
    left += 1
  })
  request.on('end', () => respond(response))
})
beforeAll(async () => {
  provider.listen(0, '127.0.0.1')
  await once(provider, 'listening')
})
afterAll(() => {
  provider.closeAllConnections()
  provider.close()
})

const model = (api: ModelApi) => {
  const { port } = provider.address() as AddressInfo
  return { provider: 'local', model: 'm', api, url: `http://127.0.0.1:${port}` }
}

/** Never ends, a byte every 20 ms: any bound on silence alone is passed. */
function drip(response: ServerResponse, type: string, opening: string): void {
  response.writeHead(200, { 'content-type': type }).write(opening)
  const timer = setInterval(() => response.write(type === 'application/json' ? ' ' : ':\n\n'), 20)
  response.on('close', () => clearInterval(timer))
}

const OPENING = `event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":7}}}\n\n`
const PEERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'sends a byte now and then': (response) => drip(response, 'application/json', '{'),
  'streams comments and nothing else': (response) => drip(response, 'text/event-stream', OPENING),
  'never answers': () => undefined,
}

async function askAsGuest(stream: boolean, call_ms = CALL_MS) {
  const settled: Parameters<GuestBudget['settle']>[1][] = []
  const budget: GuestBudget = {
    standing: async () => 'held',
    reserve: async () => ({ status: 'reserved', pressure: 0 }),
    settle: async (_, settlement) => void settled.push(settlement),
    refuse: async () => undefined,
    exchanges: async () => [],
    spending: async () => undefined,
    abandon: async () => 0,
  }
  const artifacts: ArtifactStore = {
    put: async (content) => ({ sha256: 'x', bytes: content.length }),
    get: async () => undefined,
    locate: async () => undefined,
  }
  const desk = createGuestDesk({
    budget,
    artifacts: () => artifacts,
    redactor: createRedactor(),
    forward: forwardRequest,
    prices: { priceOf: () => 'free' },
    clock: { now: () => Date.now(), sleep: async () => undefined },
    rules: createModelRules(async () => undefined),
    call_ms,
  })
  const start = { run_id: 'r', tenant_id: 't', fence: 1, key_prefix: 'r/guest/1' }
  const kind = { task_class: 'code_change', data_class: 'internal' } as const
  const door = await desk.admit({ ...start, ...kind, model: model('anthropic') })
  const asked = { model: 'm', max_tokens: 10, stream, messages: [{ role: 'user', content: 'Go.' }] }
  const request = { method: 'POST', target: '/v1/messages', beta: undefined, body: JSON.stringify(asked) }
  const reply = await door.answer({ ...request, token: door.token })
  let text = ''
  if (typeof reply.body === 'string') text = reply.body
  else for await (const piece of reply.body) text += piece
  await door.close()
  return { status: reply.status, text, settled }
}

/** None of them ever ends by itself. */
describe.each(Object.keys(PEERS))('a provider that %s', (name) => {
  test('is left when the guest’s call is overdue; the guest is told, and the call is booked as reserved', async () => {
    respond = (response) => PEERS[name]?.(response)
    const before = left
    const { text, settled } = await askAsGuest(name.startsWith('streams'))
    expect(text).toMatch(/"code":"timeout"/)
    expect(settled).toMatchObject([{ outcome: 'failed', reason: 'timeout', cost_usd: null, tokens: null }])
    await expect.poll(() => left).toBe(before + 1)
  })

  test('is left when a native call is overdue, which may be tried again', async () => {
    respond = (response) => PEERS[name]?.(response)
    const call = { call_key: 'r/1/0', run_id: 'r', request: modelRequest(), key: 'k', timeout_ms: CALL_MS }
    const answer = await createModelProvider().answer({ ...call, model: model('openai-chat') })
    expect(answer).toMatchObject({ status: 'failed', kind: 'timeout', retryable: true })
  })
})

describe('a provider whose headers have no end', () => {
  const endless = (response: ServerResponse) => {
    response.socket?.write('HTTP/1.1 200 OK\r\n')
    const more = () => {
      while (response.socket?.destroyed === false && response.socket.write(`x-a: ${'y'.repeat(1_000)}\r\n`));
    }
    response.socket?.on('drain', more)
    more()
  }

  test('is left by a guest’s call and by a native one', async () => {
    respond = endless
    // Time enough on a busy machine: it is the headers that end the call, not the clock.
    expect(await askAsGuest(false, 60_000)).toMatchObject({ status: 502, text: expect.stringContaining('unreachable') })
    const call = { call_key: 'r/1/0', run_id: 'r', request: modelRequest(), key: 'k', timeout_ms: 60_000 }
    const answer = await createModelProvider().answer({ ...call, model: model('openai-chat') })
    expect(answer).toMatchObject({ status: 'failed', message: expect.stringContaining('HPE_HEADER_OVERFLOW') })
  })
})
