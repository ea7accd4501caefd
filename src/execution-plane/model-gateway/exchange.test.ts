import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { GanderError } from '#domain/failure'
import type { ModelChoice } from '#domain/task'
import type { ModelDecision } from '#domain/model-policy'
import type {
  ArtifactStore,
  ExchangeJournal,
  ModelAnswer,
  ModelCall,
  ModelRequest,
  ProviderAnswer,
  RunSpending,
} from '#ports'
import { createModelExchange, type ModelExchange } from './exchange.ts'
import { hashRequest } from './hash-request.ts'

const SECRET = 'sk-secret-0123456789'
const MODEL: ModelChoice = { provider: 'anthropic', model: 'm', api: 'anthropic', url: null }
const ANSWER: ProviderAnswer = {
  status: 'answered',
  text: 'Done.',
  tool_requests: [],
  stop_reason: 'end_of_turn',
  usage: { input_tokens: 10, output_tokens: 2, cached_input_tokens: null },
  reported_model: 'm-1',
}

const ALLOWED = {
  allowed: true,
  policy_version: 'v',
  listed: false,
  log_prompts: true,
  max_tokens: null,
  max_cost_usd: null,
} as const satisfies ModelDecision

const request = (text = 'Go.'): ModelRequest => ({
  phase: 'planning',
  system: '',
  messages: [{ role: 'user', text }],
  tools: [],
  max_output_tokens: 10,
})
const call = (call_key = 'run/1/0', asked = request()): ModelCall => ({
  call_key,
  run_id: 'run',
  tenant_id: 'ten_local',
  model: MODEL,
  request: asked,
  request_sha256: hashRequest(asked),
  timeout_ms: 1_000,
})

/** What happened in the world, in order. */
let events: string[]
let kept: string[]
let sent: ModelRequest[]
let decision: ModelDecision
let spending: RunSpending | undefined
let said: () => Promise<ProviderAnswer>
let failures: { store: number; record: number }
let needs_key: boolean
let recorded: Map<string, { sha: string; answer: ModelAnswer | undefined }>
let exchange: ModelExchange

const journal: ExchangeJournal = {
  claim: async (key, sha) => {
    const found = recorded.get(key)
    if (found !== undefined && found.sha !== sha) return { status: 'mismatch' }
    if (found !== undefined)
      return found.answer === undefined ? { status: 'unknown' } : { status: 'recorded', answer: found.answer }
    events.push('claimed')
    recorded.set(key, { sha, answer: undefined })
    return { status: 'send' }
  },
  record: async ({ call_key: key }, answer) => {
    if (failures.record-- > 0) throw new Error('the database is away')
    events.push('recorded')
    recorded.set(key, { sha: recorded.get(key)?.sha ?? '', answer })
  },
  abandon: async () => 0,
}
const artifacts: ArtifactStore = {
  put: async (content) => {
    if (failures.store-- > 0) throw new GanderError('storage_full', 'No space is left.')
    events.push('stored')
    kept.push(String(content))
    return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length }
  },
  get: async () => undefined,
  locate: async () => undefined,
}

beforeEach(() => {
  events = []
  kept = []
  sent = []
  decision = ALLOWED
  spending = { cost_usd: 1, reserved_usd: 0.5, tokens: 100, reserved_tokens: 0 }
  recorded = new Map()
  said = async () => ANSWER
  failures = { store: 0, record: 0 }
  needs_key = false
  const secrets: string[] = []
  exchange = createModelExchange({
    journal,
    artifacts: () => artifacts,
    redactor: {
      version: 'test',
      register: (_, value) => secrets.push(value),
      redact: async (text) => {
        const clean = secrets.reduce((current, secret) => current.replaceAll(secret, '[redacted]'), text)
        const patterns = clean.replaceAll('AKIA-PATTERN', '[redacted:pattern]')
        const kind = clean === text ? 'pattern' : 'registered'
        const count = patterns === text ? 0 : 1
        const by_kind = count === 0 ? {} : { [kind]: count }
        return { text: patterns, count, kinds: Object.keys(by_kind), by_kind, confirmed: clean !== text }
      },
    },
    provider: {
      needsKey: () => needs_key,
      answer: async ({ key, request: asked }) => {
        events.push(`asked ${key ?? 'without key'}`)
        sent.push(asked)
        return said()
      },
    },
    clock: { now: () => 1_000, sleep: async () => undefined },
    rules: { decide: async () => decision },
    budget: { spending: async () => spending },
  })
})

it('claims, asks, stores and records, in this order', async () => {
  expect(await exchange.answer(call())).toMatchObject({ ...ANSWER, exchange_sha256: expect.any(String) })
  expect(events).toEqual(['claimed', 'asked without key', 'stored', 'recorded'])
})

it('keeps request and answer in the artifact', async () => {
  await exchange.answer(call())
  expect(JSON.parse(kept[0] ?? '')).toMatchObject({
    schema: 'gander.exchange/1',
    call_key: 'run/1/0',
    request: request(),
    answer: ANSWER,
  })
})

it('asks once for calls of one key that come together', async () => {
  const [one, two] = await Promise.all([exchange.answer(call()), exchange.answer(call())])
  expect(one).toEqual(two)
  expect(events.filter((event) => event.startsWith('asked'))).toHaveLength(1)
})

it('returns what was recorded, also a failure', async () => {
  said = async () => ({ status: 'failed', kind: 'overloaded', message: 'busy', retry_after_ms: null, retryable: true })
  const first = await exchange.answer(call())
  said = async () => ANSWER
  expect(await exchange.answer(call())).toEqual(first)
})

it('refuses another request under the same key, in flight and recorded', async () => {
  const both = [exchange.answer(call()), exchange.answer(call('run/1/0', request('Other.')))]
  expect((await Promise.all(both))[1]).toMatchObject({ status: 'failed', kind: 'bad_request' })
  expect(await exchange.answer(call('run/1/0', request('Other.')))).toMatchObject({ kind: 'bad_request' })
  expect(events.filter((event) => event.startsWith('asked'))).toHaveLength(1)
})

it('refuses a request that does not have its hash', async () => {
  expect(await exchange.answer({ ...call(), request: request('Other.') })).toMatchObject({ kind: 'bad_request' })
  expect(events).toEqual([])
})

it('says unknown for a call that an earlier gateway left open', async () => {
  recorded.set('run/1/0', { sha: call().request_sha256, answer: undefined })
  expect(await exchange.answer(call())).toMatchObject({ status: 'unknown' })
  expect(events).toEqual([])
})

it('sends nothing and records nothing while a needed key is missing, and goes on with the key', async () => {
  needs_key = true
  expect(await exchange.answer(call())).toMatchObject({ kind: 'key_missing', retryable: false })
  expect(events).toEqual([])
  exchange.takeKeys({ anthropic: SECRET })
  expect(await exchange.answer(call())).toMatchObject({ status: 'answered' })
  expect(events).toContain(`asked ${SECRET}`)
})

it('cuts its keys out of what a model says, everywhere, before it is stored and returned', async () => {
  exchange.takeKeys({ anthropic: SECRET })
  said = async () => ({
    ...ANSWER,
    text: `The key is ${SECRET}.`,
    tool_requests: [{ id: '1', name: 'echo', arguments: { [SECRET]: [`<${SECRET}>`] } }],
  })
  const answer = await exchange.answer(call('run/1/0', request(`Hidden: ${SECRET}`)))
  for (const text of [JSON.stringify(answer), ...kept]) expect(text).not.toContain(SECRET)
  expect(JSON.stringify(answer)).toContain('<[redacted]>')
})

it('leaves what only looks like a secret as the model wrote it', async () => {
  exchange.takeKeys({ anthropic: SECRET })
  said = async () => ({ ...ANSWER, text: 'AKIA-PATTERN' })
  expect(await exchange.answer(call())).toMatchObject({ text: 'AKIA-PATTERN' })
})

it('cuts what looks like a secret out of a request, counts it in record and answer, and leaves names alone', async () => {
  const told = 'Use AKIA-PATTERN.'
  const asked: ModelRequest = {
    ...request(told),
    messages: [
      { role: 'user', text: told },
      {
        role: 'assistant',
        text: '',
        tool_requests: [{ id: 'AKIA-PATTERN', name: 'file_write', arguments: { data: told, url: told } }],
      },
      { role: 'tool', answers: [{ call_id: 'AKIA-PATTERN', name: 'file_write', text: told, is_error: false }] },
    ],
  }
  const answer = await exchange.answer(call('run/1/0', asked))
  expect(answer).toMatchObject({ cut: { count: 4, kinds: ['pattern'], confirmed: false } })
  expect(JSON.parse(kept[0] ?? '')).toMatchObject({ cut: { pattern: 4 } })
  expect(JSON.stringify(sent[0]).match(/AKIA-PATTERN/g)).toHaveLength(2)
  expect(kept[0]).not.toContain('Use AKIA-PATTERN')
  expect(await exchange.answer(call('run/2/0'))).not.toHaveProperty('cut')
})

it('an answer to a request that held its key says that the cut is confirmed', async () => {
  exchange.takeKeys({ anthropic: SECRET })
  expect(await exchange.answer(call('run/1/0', request(`It is ${SECRET}`)))).toMatchObject({ cut: { confirmed: true } })
})

describe('limits that the policy sets for a run', () => {
  it('refuse what would go over them before anything is claimed, and let pass what fits', async () => {
    decision = { ...ALLOWED, max_cost_usd: 1.4 }
    expect(await exchange.answer(call())).toMatchObject({ kind: 'refused_by_policy', retryable: false })
    decision = { ...ALLOWED, max_tokens: 110 }
    expect(await exchange.answer(call())).toMatchObject({ message: expect.stringContaining('110 tokens') })
    expect(events).toEqual([])
    decision = { ...ALLOWED, max_cost_usd: 1.5, max_tokens: 1_000 }
    expect(await exchange.answer(call())).toMatchObject({ status: 'answered', policy_pressure: 0.667 })
  })

  it('hold the tokens of calls in flight, and give them back', async () => {
    decision = { ...ALLOWED, max_tokens: 200 }
    const gate = Promise.withResolvers<ProviderAnswer>()
    said = () => gate.promise
    const first = exchange.answer(call('run/1/0'))
    await expect.poll(() => events).toContain('asked without key')
    expect(await exchange.answer(call('run/2/0'))).toMatchObject({ kind: 'refused_by_policy' })
    gate.resolve(ANSWER)
    await first
    expect(await exchange.answer(call('run/2/0'))).toMatchObject({ status: 'answered' })
  })

  it('refuse a run whose budget cannot be read', async () => {
    decision = { ...ALLOWED, max_tokens: 1_000_000 }
    spending = undefined
    expect(await exchange.answer(call())).toMatchObject({ kind: 'refused_by_policy' })
  })
})

it('keeps hashes and no words where the policy keeps no prompts', async () => {
  decision = { ...ALLOWED, log_prompts: false }
  expect(await exchange.answer(call('run/1/0', request('My words.')))).toMatchObject({ text: 'Done.' })
  expect(kept[0]).not.toMatch(/My words|Done\./)
  expect(JSON.parse(kept[0] ?? '')).toMatchObject({ withheld: true, answer_sha256: expect.any(String) })
})

it('records with patience when the database is away for a while', async () => {
  failures.record = 3
  expect(await exchange.answer(call())).toMatchObject({ status: 'answered' })
})

it('keeps an answer that could not be stored, and stores it at the next call without asking again', async () => {
  failures.store = 1
  await expect(exchange.answer(call())).rejects.toMatchObject({ code: 'storage_full' })
  expect(exchange.open).toBe(0)
  await exchange.drained()
  expect(await exchange.answer(call())).toMatchObject({ status: 'answered', text: 'Done.' })
  expect(events.filter((event) => event.startsWith('asked'))).toHaveLength(1)
  expect(exchange.holds('run/1/0')).toBe(false)
})

it('drains when the last call in flight is recorded', async () => {
  const gate = Promise.withResolvers<ProviderAnswer>()
  said = () => gate.promise
  const answer = exchange.answer(call())
  await expect.poll(() => events).toContain('asked without key')
  let drained = false
  const draining = exchange.drained().finally(() => {
    drained = true
  })
  expect(exchange.open).toBe(1)
  expect(drained).toBe(false)
  gate.resolve(ANSWER)
  await Promise.all([answer, draining])
  expect(events.at(-1)).toBe('recorded')
})
