import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createModelProvider } from '#adapters/models'
import { createRedactor } from '#evidence-plane/redaction'
import { createNativeAgent } from '#execution-plane/agents'
import { createModelExchange } from '#execution-plane/model-gateway'
import type { ArtifactStore, ExchangeJournal, ModelAnswer, ModelGateway } from '#ports'
import { emptyMemory, memoryJournal } from '../../support/agents/memory-journal.ts'
import { CHEAP, fakeClock, PLAN, scriptedTools, sessionOf, taskOf } from '../../support/agents/scripted-session.ts'
import {
  startScriptedModel,
  type Script,
  type ScriptedModel,
  type WireApi,
} from '../../support/scripted-model/index.ts'

const APIS: readonly WireApi[] = ['anthropic', 'openai-chat', 'openai-responses', 'google']
let server: ScriptedModel | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** The exchange of the gateway process in this process: the same claims and records, kept in memory. */
function exchangeInMemory(): ModelGateway {
  const answers = new Map<string, ModelAnswer | undefined>()
  const journal: ExchangeJournal = {
    async claim(key) {
      if (!answers.has(key)) {
        answers.set(key, undefined)
        return { status: 'send' }
      }
      const answer = answers.get(key)
      return answer === undefined ? { status: 'unknown' } : { status: 'recorded', answer }
    },
    async record({ call_key: key }, answer) {
      answers.set(key, answer)
    },
    abandon: async () => 0,
  }
  const artifacts: ArtifactStore = {
    put: async (content) => ({ sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length }),
    get: async () => undefined,
    locate: async () => undefined,
  }
  const exchange = createModelExchange({
    journal,
    artifacts: () => artifacts,
    redactor: createRedactor(),
    provider: createModelProvider(),
    clock: { now: () => Date.now(), sleep: async () => undefined },
  })
  exchange.takeKeys({ local: 'key-of-this-test' })
  return {
    call: (call) => exchange.answer(call),
    admit: () => Promise.reject(new Error('no guest works in this test')),
  }
}

const plan = { ...PLAN, steps: PLAN.steps.map((step) => ({ ...step })) }
const SCRIPT: Script = ({ n, phase }) => {
  if (n === 1) return { fail: { status: 529, body: '{"error":{"message":"overloaded"}}' } }
  if (n === 2)
    return {
      text: 'Looking.',
      tool_calls: [
        { name: 'file_read', arguments: { path: 'src/parse.ts' } },
        { name: 'git_status', arguments: {} },
      ],
    }
  if (n === 3) return { text: 'I wonder.' }
  if (phase === 'planning') return { tool_calls: [{ name: 'submit_plan', arguments: plan }] }
  if (n === 5) return { tool_calls: [{ name: 'file_write', arguments: '{"path": "src/pa' }] }
  if (n === 6) return { tool_calls: [{ name: 'file_write', arguments: { path: 'src/parse.ts', content: 'x' } }] }
  return { text: 'Done.', tool_calls: [{ name: 'finish', arguments: { summary: 'mended' } }] }
}

describe.each(APIS)('the native agent over %s', (api) => {
  const run = async (memory = emptyMemory()) => {
    const journal = memoryJournal(memory)
    const tools = scriptedTools(journal, (name, args) =>
      name === 'file_write' && typeof args === 'string'
        ? { text: 'arguments are no JSON object', is_error: true }
        : 'ok',
    )
    const model = { provider: 'local', model: 'claude-scripted', api, url: server?.url(api) ?? null }
    const task = taskOf({ agent: { kind: 'native', model, fallback: null } })
    const agent = createNativeAgent({ gateway: exchangeInMemory(), prices: CHEAP, clock: fakeClock() })
    const planned = await agent.work(sessionOf(journal, { tools, task }))
    const edited = await agent.work(sessionOf(journal, { tools, task, phase: 'editing' }))
    return { planned, edited, tools, journal }
  }

  it('plans, edits and finishes through a retry, a monologue and broken arguments', async () => {
    server = await startScriptedModel(SCRIPT)
    const { planned, edited, tools, journal } = await run()
    expect([planned.kind, edited.kind]).toEqual(['planned', 'finished'])
    expect(tools.called.map(({ name }) => name)).toEqual([
      'file_read',
      'git_status',
      'submit_plan',
      'file_write',
      'file_write',
      'finish',
    ])
    expect(server.requests).toHaveLength(7)
    const outcomes = journal.events.map(({ facts }) => facts['outcome'])
    expect(outcomes).toEqual(['overloaded', ...Array.from({ length: 6 }, () => 'answered')])
  })

  it('asks the model nothing again when the run is resumed from its record', async () => {
    server = await startScriptedModel(SCRIPT)
    const memory = emptyMemory()
    await run(memory)
    const again = await run(memory)
    expect(again.edited.kind).toBe('finished')
    expect(again.journal.acted).toEqual([])
    expect(server.requests).toHaveLength(7)
  })
})
