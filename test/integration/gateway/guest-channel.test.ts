import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createFilesystemArtifacts } from '#adapters/artifacts/filesystem'
import { ensureGateway, type GatewayConnection } from '#adapters/gateway-socket'
import { hashRequest } from '#execution-plane/model-gateway'
import type { GuestChannel, ModelCall } from '#ports'
import type { ModelChoice } from '#domain/task'
import { useCompiledCode } from '../../support/gateway/compile-cache.ts'
import { startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { modelCall, modelRequest } from '../../support/gateway/model-call.ts'
import { admissionFor, askAsGuest } from '../../support/gateway/guest.ts'
import {
  startScriptedModel,
  type Script,
  type ScriptedModel,
  type WireApi,
} from '../../support/scripted-model/index.ts'

useCompiledCode()
const KEY = 'sk-real-provider-key-0123456789abcdef'
const PRICE = { input: 10, output: 50, cached_input: 1 }
let server: TestServer
let db: TestDatabase
let home: string
let model: ScriptedModel
let script: Script
let connection: GatewayConnection

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
  home = await mkdtemp(join(tmpdir(), 'gander-guest-'))
  await writeFile(join(home, 'prices.json'), JSON.stringify({ models: { scripted: { '*': PRICE } } }))
  model = await startScriptedModel((turn) => script(turn), { key: KEY })
  connection = await ensureGateway({ home, database_url: db.owner_url, keys: { scripted: KEY }, idle_ms: 3_000 })
}, 60_000)
afterAll(async () => {
  await connection.close()
  await model.close()
  await server.stop()
  await rm(home, { recursive: true, force: true })
})
beforeEach(() => {
  script = () => ({ text: 'Done.', usage: { input_tokens: 100, output_tokens: 20 } })
})
const channels: GuestChannel[] = []
afterEach(async () => {
  await rm(join(home, 'model-policy.yaml'), { force: true })
  for (const channel of channels.splice(0)) await channel.close()
})

const choice = (api: WireApi): ModelChoice => ({ provider: 'scripted', model: 'm-1', api, url: model.url(api) })
async function admit(api: WireApi, limits = {}) {
  const admission = await admissionFor(db.database, choice(api), limits)
  const channel = await connection.gateway.admit(admission)
  channels.push(channel)
  return { admission, channel, headers: { authorization: `Bearer ${channel.token}` } }
}
const budgetOf = async (run_id: string) =>
  (
    await db.asOwner(
      'select cost_usd::float8, reserved_usd::float8, tokens::int from gander.budget where run_id = $1',
      [run_id],
    )
  )[0]

const ASKS: Readonly<Record<WireApi, { path: string; stream_path?: string; body: Record<string, unknown> }>> = {
  anthropic: {
    path: '/v1/messages',
    body: { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }], metadata: { user_id: 'u' } },
  },
  'openai-chat': { path: '/v1/chat/completions', body: { model: 'any', messages: [{ role: 'user', content: 'Go.' }] } },
  'openai-responses': { path: '/v1/responses', body: { model: 'any', input: 'Go.', store: true } },
  google: {
    path: '/v1beta/models/any:generateContent',
    stream_path: '/v1beta/models/any:streamGenerateContent?alt=sse',
    body: { contents: [{ role: 'user', parts: [{ text: 'Go.' }] }] },
  },
}

describe.each(Object.keys(ASKS) as WireApi[])('a guest over %s', (api) => {
  test('is answered by the run’s model with the real key, and the call is settled by what it used', async () => {
    const { admission, channel, headers } = await admit(api)
    const { path, body } = ASKS[api]
    const answer = await askAsGuest({ socket: channel.socket, path, headers, body })
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('Done.') })
    const seen = model.requests.at(-1)
    expect(seen).toMatchObject({ key: KEY, turn: { model: 'm-1' } })
    expect(JSON.stringify(seen?.headers)).not.toContain(channel.token)
    expect(seen?.body).not.toContain('user_id')
    const [exchange] = await channel.exchanges()
    expect(exchange).toMatchObject({ outcome: 'answered', call_key: `${admission.key_prefix}/1`, api })
    expect(exchange?.cost_usd).toBeCloseTo(0.002, 6)
    expect(await budgetOf(admission.run_id)).toEqual({ cost_usd: exchange?.cost_usd, reserved_usd: 0, tokens: 120 })
  })

  test('is answered in a stream, and the call is settled by what the stream says', async () => {
    script = () => ({
      text: 'All is done.',
      tool_calls: [{ name: 'edit', arguments: { path: 'a.ts' } }],
      usage: { input_tokens: 100, output_tokens: 20 },
    })
    const { channel, headers } = await admit(api)
    const { path, stream_path, body } = ASKS[api]
    const asked = { socket: channel.socket, path: stream_path ?? path, headers, body: { ...body, stream: true } }
    const { status, text } = await askAsGuest(asked)
    expect(status).toBe(200)
    const events = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.stringify(JSON.parse(data ?? '')))
    expect(events.length).toBeGreaterThan(2)
    expect(events.some((event) => event.includes('a.ts'))).toBe(true)
    expect(await channel.close()).toMatchObject([
      { outcome: 'answered', reported_model: 'm-1', usage: { input_tokens: 100, output_tokens: 20 } },
    ])
  })

  test('is told of a mark once, and of nothing below the first', async () => {
    const { admission, channel, headers } = await admit(api, { max_cost_usd: 10 })
    const { path, body } = ASKS[api]
    const said: (string | undefined)[] = []
    for (const used of [1, 8.1, 8.2, 9.51, 9.52]) {
      await db.asOwner('update gander.budget set cost_usd = $2 where run_id = $1', [admission.run_id, used])
      expect(await askAsGuest({ socket: channel.socket, path, headers, body })).toMatchObject({ status: 200 })
      said.push(/(\d+) % of this run/.exec(model.requests.at(-1)?.body ?? '')?.[1])
    }
    expect(said).toEqual([undefined, '80', undefined, '95', undefined])
  })
})

test('a mark that did not reach the model is told with the next call', async () => {
  const { admission, channel, headers } = await admit('anthropic', { max_cost_usd: 10 })
  await db.asOwner('update gander.budget set cost_usd = 9.2 where run_id = $1', [admission.run_id])
  const ask = { socket: channel.socket, headers, ...ASKS.anthropic }
  script = () => ({ fail: { status: 529 } })
  await askAsGuest(ask)
  script = () => ({ text: 'Done.' })
  await askAsGuest(ask)
  expect(model.requests.slice(-2).map(({ body }) => body.includes('90 % of this run'))).toEqual([true, true])
  await askAsGuest(ask)
  expect(model.requests.at(-1)?.body).not.toContain('% of this run')
})

test('a stream of Google’s that is no event stream is refused with what to ask for', async () => {
  const { channel, headers } = await admit('google')
  const path = '/v1beta/models/any:streamGenerateContent'
  const refused = await askAsGuest({ socket: channel.socket, path, headers, body: ASKS.google.body })
  expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('alt=sse') })
})

describe('which model a guest gets', () => {
  const LISTED = `model_policy:
  - allowed_models:
      - model: m-1
      - model: fast-7-mini
      - model: fast-8-mini
        use_for: [judging]
    blocked_models:
      - model: secret-*
`
  const kept = async (sha256: string | null) => {
    const stored = await createFilesystemArtifacts({ home }).get(sha256 ?? '')
    return JSON.parse(Buffer.from(stored ?? []).toString('utf8')) as Record<string, unknown>
  }

  test('is the one it asks for where the policy lists it, one of its family, or the run’s own; the record says which', async () => {
    const { channel, headers } = await admit('anthropic')
    const ask = async (wanted: string) => {
      const body = { ...ASKS.anthropic.body, model: wanted }
      expect(await askAsGuest({ socket: channel.socket, path: '/v1/messages', headers, body })).toMatchObject({
        status: 200,
      })
      return model.requests.at(-1)?.turn.model
    }
    expect(await ask('fast-7-mini')).toBe('m-1')
    await writeFile(join(home, 'model-policy.yaml'), LISTED)
    const wanted = ['fast-7-mini', 'fast-7-mini-20251001', 'mini', 'fast-8-mini', 'secret-1', 'm-1']
    const got: unknown[] = []
    for (const each of wanted) got.push(await ask(each))
    expect(got).toEqual(['fast-7-mini', 'fast-7-mini', 'fast-7-mini', 'm-1', 'm-1', 'm-1'])
    const records = await Promise.all((await channel.exchanges()).map((each) => kept(each.exchange_sha256)))
    expect(records.map(({ asked_model, mapping }) => `${String(asked_model)} ${String(mapping)}`)).toEqual([
      'fast-7-mini run',
      'fast-7-mini asked',
      'fast-7-mini-20251001 alias',
      'mini alias',
      'fast-8-mini run',
      'secret-1 run',
      'm-1 asked',
    ])
  })

  test('can be learnt from the list of models, which names the run’s own and those of the policy', async () => {
    const { channel, headers } = await admit('anthropic')
    const names = async () => {
      const { text } = await askAsGuest({ socket: channel.socket, path: '/v1/models', headers, method: 'GET' })
      return (JSON.parse(text) as { data: { id: string }[] }).data.map(({ id }) => id)
    }
    expect(await names()).toEqual(['m-1'])
    await writeFile(join(home, 'model-policy.yaml'), LISTED)
    expect(await names()).toEqual(['m-1', 'fast-7-mini'])
  })
})

describe('the policy’s words hold for native calls as for guests', () => {
  const native = async (key: string, about: Partial<ModelCall> = {}) =>
    connection.gateway.call({ ...modelCall(key, choice('anthropic')), ...about })
  const policy = (rule: string) => writeFile(join(home, 'model-policy.yaml'), `model_policy:\n  - ${rule}\n`)
  const refused = { status: 'failed', kind: 'refused_by_policy', retryable: false }
  const answered = { status: 'answered' }

  test('about the kind of the task and the class of its data', async () => {
    await policy("{ task_class: 'bug_*', data_class_max: internal }")
    expect(await native('p/1/0', { task_class: 'bug_fix' })).toMatchObject(answered)
    expect(await native('p/2/0', { task_class: 'code_change' })).toMatchObject(refused)
    expect(await native('p/3/0', { task_class: 'bug_fix', data_class: 'confidential' })).toMatchObject(refused)
  })

  test('about use and region', async () => {
    await policy("{ allowed_models: [{ model: m-1, use_for: [planning], region: '127.0.0.1' }] }")
    expect(await native('p/4/0')).toMatchObject(answered)
    const judging = { ...modelRequest(), phase: 'judging' } as const
    expect(await native('p/5/0', { request: judging, request_sha256: hashRequest(judging) })).toMatchObject(refused)
    const admission = await admissionFor(db.database, choice('anthropic'))
    await expect(connection.gateway.admit(admission)).rejects.toMatchObject({ code: 'model_not_allowed' })
    const [row] = await db.asOwner(
      'select outcome, reason, policy_version from gander.guest_exchange where run_id = $1',
      [admission.run_id],
    )
    expect(row).toMatchObject({
      outcome: 'refused',
      reason: 'model_not_allowed',
      policy_version: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    await policy("{ allowed_models: [{ model: m-1, region: '*.eu.example.org' }] }")
    expect(await native('p/6/0')).toMatchObject(refused)
  })

  test('about what a run may use, guests’ calls included', async () => {
    const { admission, channel, headers } = await admit('anthropic')
    const { run_id, tenant_id } = admission
    expect(await askAsGuest({ socket: channel.socket, headers, ...ASKS.anthropic })).toMatchObject({ status: 200 })
    await policy('{ max_tokens_per_run: 400 }')
    expect(await native('p/7/0', { run_id, tenant_id })).toMatchObject({ ...answered, policy_pressure: 0.3 })
    await policy('{ max_tokens_per_run: 200 }')
    expect(await native('p/8/0', { run_id, tenant_id })).toMatchObject(refused)
    await policy('{ max_cost_usd_per_run: 0.001 }')
    expect(await native('p/9/0', { run_id, tenant_id })).toMatchObject(refused)
    expect(await native('p/10/0')).toMatchObject(refused)
  })

  test('about keeping prompts', async () => {
    await policy('{ prompt_logging: { redacted: false } }')
    script = () => ({ text: 'Words of the model.' })
    const asked = modelRequest('Words of the task.')
    const answer = await native('p/11/0', { request: asked, request_sha256: hashRequest(asked) })
    const stored = await createFilesystemArtifacts({ home }).get(
      'exchange_sha256' in answer ? answer.exchange_sha256 : '',
    )
    const text = Buffer.from(stored ?? []).toString('utf8')
    expect(text).toContain('"withheld":true')
    expect(text).not.toContain('Words of')
  })
})

describe('a refusal before anything is reserved', () => {
  test('is on record with its rule, and costs nothing', async () => {
    const { admission, channel, headers } = await admit('anthropic')
    const ask = (body: unknown, path = '/v1/messages') => askAsGuest({ socket: channel.socket, path, headers, body })
    await ask({ model: 'm-1', messages: [] })
    await ask('{')
    await ask({}, '/v1/chat/completions')
    await writeFile(join(home, 'model-policy.yaml'), 'model_policy:\n  - blocked_models:\n      - model: m-1\n')
    await ask(ASKS.anthropic.body)
    await rm(join(home, 'model-policy.yaml'))
    expect(await ask(ASKS.anthropic.body)).toMatchObject({ status: 200 })
    const reasons = (await channel.exchanges()).map(({ outcome, reason }) => `${outcome} ${reason}`)
    expect(reasons).toEqual([
      'refused not_allowed',
      'refused no_json',
      'refused other_wire_format',
      'refused refused_by_policy',
      'answered null',
    ])
    expect(await budgetOf(admission.run_id)).toMatchObject({ reserved_usd: 0, tokens: 120 })
  })

  test('fills no record however often it is provoked, and another token’s is not on it', async () => {
    const { channel, headers } = await admit('anthropic')
    await askAsGuest({ socket: channel.socket, path: '/v1/messages', headers: { 'x-api-key': 'gdr_other' }, body: {} })
    for (let n = 0; n < 70; n++) await askAsGuest({ socket: channel.socket, path: '/v1/messages', headers, body: '{' })
    expect(await channel.exchanges()).toHaveLength(64)
  })
})

test('what is cut out of a guest’s request is counted in the record and told once', async () => {
  const { channel, headers } = await admit('anthropic')
  const secret = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`
  const body = { ...ASKS.anthropic.body, messages: [{ role: 'user', content: `The token is ${secret}.` }] }
  for (let n = 0; n < 2; n++) await askAsGuest({ socket: channel.socket, path: '/v1/messages', headers, body })
  const sent = model.requests.slice(-2).map((each) => each.body)
  expect(sent.join(' ')).not.toContain(secret)
  expect(sent.map((each) => /1 passage \([a-z_]+\)/.test(each))).toEqual([true, false])
  const [exchange] = await channel.exchanges()
  const stored = await createFilesystemArtifacts({ home }).get(exchange?.exchange_sha256 ?? '')
  expect(JSON.parse(Buffer.from(stored ?? []).toString('utf8'))).toMatchObject({ redacted: 1, dropped: [] })
})

test('another token, and a channel that was closed, are answered nothing', async () => {
  const { channel, headers } = await admit('anthropic')
  const ask = { socket: channel.socket, ...ASKS.anthropic }
  const before = model.requests.length
  expect(await askAsGuest(ask)).toMatchObject({ status: 401, text: expect.stringContaining('authentication_error') })
  expect(await askAsGuest({ ...ask, headers: { 'x-api-key': 'gdr_other' } })).toMatchObject({ status: 401 })
  await channel.close()
  await expect(askAsGuest({ ...ask, headers })).rejects.toThrow(/ENOENT|ECONNREFUSED/)
  expect(model.requests).toHaveLength(before)
})

test('a guest’s socket is short, open to the sandbox’s user, and in a folder that cannot be listed', async () => {
  const { channel } = await admit('anthropic')
  expect(Buffer.byteLength(channel.socket)).toBeLessThan(107)
  expect((await stat(channel.socket)).mode & 0o777).toBe(0o666)
  expect((await stat(join(channel.socket, '..'))).mode & 0o777).toBe(0o711)
})
