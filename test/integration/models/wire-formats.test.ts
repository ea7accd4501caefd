import { afterEach, describe, expect, it } from 'vitest'
import { createModelProvider } from '#adapters/models'
import type { Message } from '#domain/conversation'
import type { ModelRequest, ProviderAnswer, ProviderCall } from '#ports'
import {
  startScriptedModel,
  type Script,
  type ScriptedModel,
  type ScriptedReply,
  type WireApi,
} from '../../support/scripted-model/index.ts'

const APIS: readonly WireApi[] = ['anthropic', 'openai-chat', 'openai-responses', 'google']
const provider = createModelProvider()
let server: ScriptedModel | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const TOOL = {
  name: 'file_read',
  description: 'Reads a file.',
  input_schema: {
    type: 'object',
    properties: { path: { type: 'string' }, start_line: { type: 'integer' } },
    required: ['path'],
    additionalProperties: false,
  },
} as const

const request = (messages: readonly Message[] = [{ role: 'user', text: 'Go.' }]): ModelRequest => ({
  phase: 'editing',
  system: 'You mend code.',
  messages,
  tools: [TOOL],
  max_output_tokens: 321,
})

async function ask(
  api: WireApi,
  script: Script | ScriptedReply,
  given: Partial<ProviderCall> = {},
): Promise<ProviderAnswer> {
  server = await startScriptedModel(typeof script === 'function' ? script : () => script)
  return provider.answer({
    call_key: 'run_1/3/0',
    run_id: 'run_1',
    model: { provider: 'local', model: 'claude-scripted', api, url: server.url(api) },
    request: request(),
    key: 'key-of-the-test',
    timeout_ms: 5_000,
    ...given,
  })
}

const LONG: readonly Message[] = [
  { role: 'user', text: 'Go.' },
  {
    role: 'assistant',
    text: 'I look.',
    tool_requests: [
      { id: 'a1', name: 'file_read', arguments: { path: 'a.ts' } },
      { id: 'a/2', name: 'file_read', arguments: '{"path": broken' },
    ],
  },
  {
    role: 'tool',
    answers: [
      { call_id: 'a1', name: 'file_read', text: 'const a = 1', is_error: false },
      { call_id: 'a/2', name: 'file_read', text: 'The arguments are no JSON.', is_error: true },
    ],
  },
]

describe.each(APIS)('%s', (api) => {
  it('brings text, calls, usage and the stop reason back in neutral words', async () => {
    const answer = await ask(api, {
      text: 'I read.',
      tool_calls: [{ name: 'file_read', arguments: { path: 'a.ts' } }],
      usage: { input_tokens: 120, output_tokens: 7, cached_input_tokens: 100 },
    })
    expect(answer).toMatchObject({
      status: 'answered',
      text: 'I read.',
      tool_requests: [{ id: 'call_1_0', name: 'file_read', arguments: { path: 'a.ts' } }],
      stop_reason: 'tool_calls',
      usage: { input_tokens: 120, output_tokens: 7, cached_input_tokens: 100 },
      reported_model: 'claude-scripted',
    })
  })

  it('sends system text, conversation, tools, key and output limit', async () => {
    await ask(api, { text: 'Done.' }, { request: request(LONG) })
    const [seen] = server?.requests ?? []
    expect(seen?.turn.system).toBe('You mend code.')
    expect(seen?.turn.tools).toEqual(['file_read'])
    expect(seen?.key).toBe('key-of-the-test')
    expect(seen?.body).toContain('321')
    expect(seen?.turn.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool'])
    expect(seen?.turn.messages[1]).toMatchObject({
      text: 'I look.',
      tool_requests: [{ id: 'a1', arguments: { path: 'a.ts' } }, { arguments: { not_an_object: '{"path": broken' } }],
    })
    expect(JSON.stringify(seen?.turn.messages[2])).toContain('const a = 1')
    expect(seen?.body).not.toContain('key-of-the-test')
  })

  it('says which figures are unknown when there is no usage', async () => {
    expect(await ask(api, { text: 'Done.', usage: null })).toMatchObject({
      usage: { input_tokens: null, output_tokens: null, cached_input_tokens: null },
    })
  })

  it('tells an answer that was cut off from one that ended', async () => {
    expect(await ask(api, { text: 'Half', stop: 'length' })).toMatchObject({ stop_reason: 'length' })
    await server?.close()
    expect(await ask(api, { text: 'Whole' })).toMatchObject({ stop_reason: 'end_of_turn' })
  })

  it('makes one request for one call, also when it fails', async () => {
    await ask(api, { fail: { status: 529 } })
    expect(server?.requests).toHaveLength(1)
  })

  it.each([
    [429, { headers: { 'retry-after': '7' } }, { kind: 'rate_limited', retryable: true, retry_after_ms: 7_000 }],
    [
      429,
      { body: '{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}' },
      { kind: 'rate_limited', retryable: false },
    ],
    [529, {}, { kind: 'overloaded', retryable: true }],
    [503, { body: '<html>busy</html>' }, { kind: 'overloaded', retryable: true }],
    [401, {}, { kind: 'key_rejected', retryable: false }],
    [403, {}, { kind: 'key_rejected', retryable: false }],
    [404, {}, { kind: 'model_unknown', retryable: false }],
    [400, { body: '{"error":{"message":"The model `x` does not exist"}}' }, { kind: 'model_unknown' }],
    [
      400,
      {
        body: '{"error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}',
      },
      { kind: 'context_too_long' },
    ],
    [
      400,
      { body: '{"error":{"message":"API key not valid. Please pass a valid API key."}}' },
      { kind: 'key_rejected' },
    ],
    [400, { body: '{"error":{"message":"tools.0: field required"}}' }, { kind: 'bad_request', retryable: false }],
    [200, { body: '{"id": "trunc' }, { kind: 'overloaded', retryable: true }],
    [200, { body: '{"unexpected": true}' }, { kind: 'overloaded', retryable: true }],
  ] as const)('names status %i %j', async (status, fail, expected) => {
    expect(await ask(api, { fail: { status, ...fail } })).toMatchObject({ status: 'failed', ...expected })
  })

  it.each([true, 'half'] as const)('calls a connection that breaks (%s) overloaded and retryable', async (drop) => {
    expect(await ask(api, { text: 'x'.repeat(5_000), fail: { drop } })).toMatchObject({
      kind: 'overloaded',
      retryable: true,
    })
  })

  it('gives up when the time is over', async () => {
    expect(await ask(api, { delay_ms: 2_000 }, { timeout_ms: 150 })).toMatchObject({ kind: 'timeout', retryable: true })
  })

  it('does not follow a redirect with the key', async () => {
    const other = await startScriptedModel(() => ({ text: 'stolen' }))
    const answer = await ask(api, { fail: { status: 307, headers: { location: `${other.url(api)}/messages` } } })
    expect(answer).toMatchObject({ kind: 'bad_request', message: expect.stringContaining('redirect') })
    expect(other.requests).toHaveLength(0)
    await other.close()
  })

  it('names a server that is not there', async () => {
    const model = { provider: 'local', model: 'm', api, url: 'http://127.0.0.1:9/v1' }
    expect(await ask(api, {}, { model })).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

describe.each(['openai-chat', 'openai-responses'] as const)('%s', (api) => {
  it('hands arguments that are no JSON to the caller as the text they are', async () => {
    const answer = await ask(api, { tool_calls: [{ name: 'file_read', arguments: '{"path": "a.ts' }] })
    expect(answer).toMatchObject({ status: 'answered', tool_requests: [{ arguments: '{"path": "a.ts' }] })
  })
})

describe('anthropic', () => {
  it('marks the end of the system text and of the last two prompts as cached', async () => {
    await ask('anthropic', { text: 'Done.' }, { request: request(LONG) })
    const body = JSON.parse(server?.requests[0]?.body ?? '{}')
    expect(body.system.at(-1).cache_control).toEqual({ type: 'ephemeral' })
    expect(body.messages[0].content.at(-1).cache_control).toEqual({ type: 'ephemeral' })
    expect(body.messages[2].content.at(-1).cache_control).toEqual({ type: 'ephemeral' })
    expect(body.messages[2].content[1].is_error).toBe(true)
  })
})

/** Asks for a call, and again with its answer, as a model of the given name. */
async function secondRequest(api: WireApi, then: string): Promise<string> {
  const first = await ask(api, {
    reasoning: 'thoughts',
    tool_calls: [
      { name: 'file_read', arguments: { path: 'a' } },
      { name: 'file_read', arguments: { path: 'b' } },
    ],
  })
  if (first.status !== 'answered') throw new Error(first.message)
  await server?.close()
  const answers = first.tool_requests.map((each) => ({ call_id: each.id, name: each.name, text: 'x', is_error: false }))
  const messages: readonly Message[] = [
    { role: 'user', text: 'Go.' },
    { role: 'assistant', text: '', tool_requests: first.tool_requests },
    { role: 'tool', answers },
  ]
  server = await startScriptedModel(() => ({ text: 'Done.' }))
  await provider.answer({
    call_key: 'run_1/5/0',
    run_id: 'run_1',
    model: { provider: 'local', model: then, api, url: server.url(api) },
    request: request(messages),
    key: undefined,
    timeout_ms: 5_000,
  })
  return server.requests[0]?.body ?? ''
}

describe.each([
  ['anthropic', 'signed-thoughts'],
  ['openai-responses', 'encrypted-thoughts'],
  ['google', 'signature-of-call_1_0'],
] as const)('%s', (api, kept) => {
  it('gives a model back what it signed, once', async () => {
    expect((await secondRequest(api, 'claude-scripted')).split(kept)).toHaveLength(2)
  })

  it('keeps it from another model', async () => {
    expect(await secondRequest(api, 'another-model')).not.toContain(kept)
  })
})
