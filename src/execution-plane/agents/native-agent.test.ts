import { describe, expect, it } from 'vitest'
import { GanderError } from '#domain/failure'
import { BudgetExhausted, type AgentOutcome, type ModelAnswer, type ModelCall } from '#ports'
import { memoryJournal, type StepMemory } from '../../../test/support/agents/memory-journal.ts'
import {
  calls,
  CHEAP,
  fails,
  fakeClock,
  FALLBACK,
  MODEL,
  says,
  scriptedGateway,
  scriptedTools,
  sessionOf,
  taskOf,
  UNKNOWN,
} from '../../../test/support/agents/scripted-session.ts'
import { createNativeAgent } from './native-agent.ts'

const READ = calls(['file_read', { path: 'src/parse.ts' }])
const SUBMIT = calls(['submit_plan', { objective: 'x' }])

type Script = Parameters<typeof scriptedGateway>[0]
type Over = NonNullable<Parameters<typeof sessionOf>[1]>

async function work(script: Script, over: Over = {}, react?: Parameters<typeof scriptedTools>[1]) {
  const journal = memoryJournal()
  const gateway = scriptedGateway(script)
  const clock = fakeClock()
  const tools = scriptedTools(journal, react)
  const agent = createNativeAgent({ gateway, prices: CHEAP, clock })
  const outcome = await agent.work(sessionOf(journal, { tools, ...over }))
  return { outcome, journal, gateway, clock, tools }
}

const texts = (call: ModelCall | undefined) =>
  (call?.request.messages ?? []).flatMap((message) => (message.role === 'user' ? [message.text] : [])).join('\n')

describe('a phase', () => {
  it('ends as planned when the plan is accepted', async () => {
    const { outcome, tools, journal } = await work([READ, SUBMIT])
    expect(outcome).toMatchObject({ kind: 'planned', plan_sha256: 'p'.repeat(64) })
    expect(tools.called.map(({ key }) => key)).toEqual(['tool:0:0:0', 'tool:0:1:0'])
    expect(journal.acted.map(({ key }) => key)).toEqual(['model:0:0:0', 'tool:0:0:0', 'model:0:1:0', 'tool:0:1:0'])
  })

  it('ends as blocked when the model reports so', async () => {
    const { outcome } = await work([calls(['report_blocked', {}])])
    expect(outcome).toEqual({ kind: 'blocked', reason: 'no way', needs: 'a hint' })
  })

  it('keeps the conversation, so that each request repeats the one before as its prefix', async () => {
    const journal = memoryJournal()
    const gateway = scriptedGateway([
      READ,
      SUBMIT,
      calls(['file_write', { path: 'a', content: 'b' }]),
      calls(['finish', {}]),
    ])
    const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() })
    await agent.work(sessionOf(journal))
    const done = await agent.work(sessionOf(journal, { phase: 'editing' }))
    expect(done).toEqual({ kind: 'finished', summary: 'done' })
    const sent = gateway.asked.map((call) => call.request.messages)
    for (const [index, messages] of sent.slice(1).entries())
      expect(messages.slice(0, sent[index]?.length)).toEqual(sent[index])
    expect(journal.acted.at(-1)?.key).toBe('tool:1:1:0')
  })

  it('answers calls after the one that ended it as not executed', async () => {
    const journal = memoryJournal()
    const tools = scriptedTools(journal)
    const gateway = scriptedGateway([
      calls(['submit_plan', {}], ['file_read', { path: 'a' }]),
      (call) => {
        const last = call.request.messages.findLast((message) => message.role === 'tool')
        expect(last?.answers.map((answer) => answer.text)).toEqual([
          'ok',
          'Not executed: the phase ended before this call.',
        ])
        return calls(['finish', {}])
      },
    ])
    const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() })
    await agent.work(sessionOf(journal, { tools }))
    await agent.work(sessionOf(journal, { tools, phase: 'editing' }))
    expect(tools.called.map(({ name }) => name)).toEqual(['submit_plan', 'finish'])
  })

  it('carries out several calls of one answer in their order', async () => {
    const { tools } = await work([calls(['file_read', { path: 'a' }], ['file_read', { path: 'b' }]), SUBMIT])
    expect(tools.called.map(({ arguments: args }) => args)).toEqual([{ path: 'a' }, { path: 'b' }, { objective: 'x' }])
  })

  it('goes on in smaller pieces after an answer that was cut off, without carrying it out', async () => {
    const cut: ModelAnswer = { ...READ, stop_reason: 'length' } as ModelAnswer
    const { tools, gateway } = await work([cut, SUBMIT])
    expect(tools.called.map(({ name }) => name)).toEqual(['submit_plan'])
    expect(texts(gateway.asked[1])).toContain('cut off at 8192 tokens')
  })

  it('shows arguments that are no object to the tool gateway as they are and to the provider as an object', async () => {
    const { tools, gateway } = await work([calls(['file_read', '{"path": "a']), SUBMIT])
    expect(tools.called[0]?.arguments).toBe('{"path": "a')
    const said = gateway.asked[1]?.request.messages.find((message) => message.role === 'assistant')
    expect(said?.tool_requests[0]?.arguments).toEqual({ malformed: '{"path": "a' })
  })

  it('stops when the run is cancelled', async () => {
    const abort = new AbortController()
    abort.abort(new Error('cancelled'))
    await expect(work([SUBMIT], { signal: abort.signal })).rejects.toThrow('cancelled')
  })
})

describe('failures of the model', () => {
  it('are retried with a growing wait, each attempt as a step of its own', async () => {
    const { outcome, clock, journal } = await work([
      fails('overloaded'),
      fails('rate_limited'),
      fails('timeout'),
      SUBMIT,
    ])
    expect(outcome.kind).toBe('planned')
    expect(clock.slept).toEqual([1_000, 4_000, 16_000])
    expect(journal.acted.map(({ key }) => key).slice(0, 4)).toEqual([
      'model:0:0:0',
      'model:0:0:1',
      'model:0:0:2',
      'model:0:0:3',
    ])
  })

  it('wait as long as the provider asks, within reason', async () => {
    const { clock } = await work([fails('rate_limited', true, 30_000), SUBMIT])
    expect(clock.slept).toEqual([30_000])
    const { outcome, clock: none } = await work([fails('rate_limited', true, 3_600_000)])
    expect(none.slept).toEqual([])
    expect(outcome).toMatchObject({ kind: 'model_failed', failure: 'rate_limited' })
  })

  it('end the phase after four attempts, or at once when a retry cannot help', async () => {
    const { outcome, gateway } = await work(Array.from({ length: 4 }, () => fails('overloaded')))
    expect(outcome).toMatchObject({ kind: 'model_failed', failure: 'overloaded' })
    expect(gateway.asked).toHaveLength(4)
    expect((await work([fails('key_rejected', false)])).outcome).toMatchObject({ failure: 'key_rejected' })
  })

  it('lead to the fallback model', async () => {
    const task = taskOf({ agent: { kind: 'native', model: MODEL, fallback: FALLBACK } })
    const { outcome, gateway } = await work([...Array.from({ length: 4 }, () => fails('overloaded')), SUBMIT], { task })
    expect(outcome.kind).toBe('planned')
    expect(gateway.asked.map((call) => call.model.model)).toEqual(['one', 'one', 'one', 'one', 'two'])
  })

  it('never lead a departed recording to another model', async () => {
    const task = taskOf({ agent: { kind: 'native', model: MODEL, fallback: FALLBACK } })
    const { outcome, gateway } = await work([fails('departed', false)], { task })
    expect(outcome).toMatchObject({ kind: 'model_failed', failure: 'departed' })
    expect(gateway.asked).toHaveLength(1)
  })

  it('a run that goes on after the model had failed asks again instead of repeating the recorded failure', async () => {
    const journal = memoryJournal()
    const first = createNativeAgent({
      gateway: scriptedGateway(Array.from({ length: 4 }, () => fails('overloaded'))),
      prices: CHEAP,
      clock: fakeClock(),
    })
    expect((await first.work(sessionOf(journal))).kind).toBe('model_failed')
    const clock = fakeClock()
    const later = memoryJournal(journal.memory)
    const second = createNativeAgent({ gateway: scriptedGateway([SUBMIT]), prices: CHEAP, clock })
    expect((await second.work(sessionOf(later))).kind).toBe('planned')
    expect(later.acted.map(({ key }) => key)).toEqual(['model:0:0:4', 'tool:0:0:0'])
    expect(clock.slept).toEqual([])
    const third = memoryJournal(later.memory)
    const again = createNativeAgent({ gateway: scriptedGateway([]), prices: CHEAP, clock })
    expect((await again.work(sessionOf(third))).kind).toBe('planned')
    expect(third.acted).toEqual([])
  })

  it('a refusal to answer counts as a failure', async () => {
    const { outcome } = await work([says('I cannot help with that', { stop_reason: 'refused' })])
    expect(outcome).toMatchObject({ kind: 'model_failed', failure: 'refused_by_provider' })
  })

  it('an unknown outcome is asked once more, booked as spent and noted; a second one ends the phase', async () => {
    const { outcome, journal } = await work([UNKNOWN, SUBMIT])
    expect(outcome.kind).toBe('planned')
    expect(journal.events[0]).toMatchObject({ event: 'model_call_unknown', facts: { call_key: 'run_test/1/0' } })
    expect(journal.memory.steps.get('model:0:0:0')?.outcome?.cost_usd).toBe(journal.acted[0]?.reserve_usd)
    expect((await work([UNKNOWN, UNKNOWN])).outcome.kind).toBe('outcome_unknown')
  })
})

describe('what a model is asked with', () => {
  it('the kind of the task goes to the policy for models with every call', async () => {
    const { gateway } = await work([READ, SUBMIT])
    const asked = gateway.asked.map(({ task_class, data_class }) => ({ task_class, data_class }))
    expect(asked).toEqual(
      Array.from({ length: 2 }, () => ({ task_class: taskOf().capability, data_class: 'internal' })),
    )
  })
})

describe('budgets', () => {
  it('stop the run before a call that they do not cover', async () => {
    const { outcome, gateway } = await work([READ, READ], { limits: { max_steps: 2 } })
    expect(outcome).toEqual({ kind: 'exhausted', verdict: { budget: 'steps', used: 2, limit: 2 } })
    expect(gateway.asked).toHaveLength(1)
  })

  it('a refusal of the journal ends the phase as exhausted, for model calls and tool calls alike', async () => {
    const verdict = { budget: 'cost', used: 1, limit: 1 } as const
    for (const kind of ['model_call', 'tool_call']) {
      const journal = memoryJournal(undefined, (intent) => {
        if (intent.kind === kind) throw new BudgetExhausted(verdict)
      })
      const agent = createNativeAgent({ gateway: scriptedGateway([SUBMIT]), prices: CHEAP, clock: fakeClock() })
      expect(await agent.work(sessionOf(journal))).toEqual({ kind: 'exhausted', verdict })
    }
  })

  it('reserve the worst case and book what was used; what the provider did not say counts as the worst case', async () => {
    const silent = calls(['submit_plan', {}])
    const { journal } = await work([
      READ,
      { ...silent, usage: { input_tokens: null, output_tokens: null, cached_input_tokens: null } } as ModelAnswer,
    ])
    const [first, , second] = journal.acted
    expect(first?.reserve_usd).toBeGreaterThan(0.016)
    expect(journal.memory.steps.get('model:0:0:0')?.outcome?.cost_usd).toBeCloseTo(0.00012, 8)
    expect(journal.memory.steps.get('model:0:1:0')?.outcome?.cost_usd).toBe(second?.reserve_usd)
  })

  it('a model without a price is refused', async () => {
    const agent = createNativeAgent({
      gateway: scriptedGateway([]),
      prices: { priceOf: () => undefined },
      clock: fakeClock(),
    })
    await expect(agent.work(sessionOf(memoryJournal()))).rejects.toThrow(GanderError)
  })
})

describe('circles', () => {
  const stuck = (outcome: AgentOutcome) => (outcome.kind === 'stuck' ? outcome.reason : outcome.kind)

  it('the same call with the same result is nudged at the fourth and stopped at the fifth', async () => {
    const { outcome, gateway } = await work(Array.from({ length: 6 }, () => READ))
    expect(stuck(outcome)).toContain('same call with the same result')
    expect(gateway.asked).toHaveLength(5)
    expect(texts(gateway.asked[4])).toContain('You are going in a circle')
  })

  it('the same error from different calls is stopped', async () => {
    const script = Array.from({ length: 5 }, (_, n) => calls(['file_edit', { path: 'a', old_text: `${n}` }]))
    const { outcome } = await work(script, {}, () => ({ text: 'no such text', is_error: true }))
    expect(stuck(outcome)).toContain('same error')
  })

  it('a monologue is stopped', async () => {
    const { outcome, gateway } = await work(Array.from({ length: 5 }, (_, n) => says(`thinking ${n}`)))
    expect(stuck(outcome)).toContain('without a tool call')
    expect(gateway.asked).toHaveLength(4)
  })

  it('two calls taking turns are stopped', async () => {
    const other = calls(['file_read', { path: 'b' }])
    const { outcome } = await work([READ, other, READ, other, READ, other, READ, other])
    expect(stuck(outcome)).toContain('taking turns')
  })

  it('a model that heeds the nudge goes on', async () => {
    const { outcome } = await work([READ, READ, READ, READ, SUBMIT])
    expect(outcome.kind).toBe('planned')
  })

  it('the same call with different results is no circle', async () => {
    let n = 0
    const { outcome } = await work([READ, READ, READ, READ, READ, READ, SUBMIT], {}, () => `version ${n++}`)
    expect(outcome.kind).toBe('planned')
  })

  it('results that differ only in how long they took are the same', async () => {
    let n = 0
    const { outcome } = await work(
      Array.from({ length: 6 }, () => READ),
      {},
      () => `exit 1 after ${n++}.5 s`,
    )
    expect(stuck(outcome)).toContain('same call')
  })
})

describe('a long conversation', () => {
  it('gives up its oldest tool outputs when the model says it is too long, and keeps plan and opening', async () => {
    const script: Script = [
      SUBMIT,
      ...Array.from({ length: 8 }, (_, n) => calls(['file_read', { path: `f${n}` }])),
      fails('context_too_long', false),
      calls(['finish', {}]),
    ]
    const journal = memoryJournal()
    const gateway = scriptedGateway(script)
    const tools = scriptedTools(journal, (_name, args) => `${JSON.stringify(args)} ${'x'.repeat(5_000)}`)
    const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() })
    await agent.work(sessionOf(journal, { tools }))
    const outcome = await agent.work(sessionOf(journal, { tools, phase: 'editing' }))
    expect(outcome.kind).toBe('finished')
    const [before, after] = gateway.asked.slice(-2).map((call) => JSON.stringify(call.request.messages))
    expect(String(after).length).toBeLessThan(String(before).length * 0.6)
    expect(after).toContain('opening of editing')
    expect(after).toContain('left out to save space: 5014 characters of file_read {\\"path\\":\\"f0\\"}')
    expect(after).toContain('f7')
    expect(after).toContain('submit_plan')
  })

  it('ends as context_too_long when nothing is left to give up', async () => {
    const { outcome } = await work([fails('context_too_long', false)])
    expect(outcome).toMatchObject({ kind: 'model_failed', failure: 'context_too_long' })
  })
})

describe('a run that was killed', () => {
  const script = () => [
    READ,
    fails('overloaded'),
    calls(['file_read', { path: 'b' }], ['file_search', { pattern: 'x' }]),
    says('let me think'),
    SUBMIT,
    calls(['file_write', { path: 'a', content: 'b' }]),
    calls(['finish', {}]),
  ]
  const whole = async (memory: StepMemory, gateway: ReturnType<typeof scriptedGateway>, dies?: number) => {
    let acts = 0
    const journal = memoryJournal(memory, () => {
      if (dies !== undefined && acts++ === dies) throw new Error('killed')
    })
    const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() })
    const tools = scriptedTools(journal)
    const limits = { max_steps: 14 }
    await agent.work(sessionOf(journal, { tools, limits }))
    return agent.work(sessionOf(journal, { tools, phase: 'editing', limits }))
  }

  it('repeats no model call and sends the same requests, wherever it was killed', async () => {
    const untouched = scriptedGateway(script())
    const memory = memoryJournal().memory
    expect(await whole(memory, untouched)).toEqual({ kind: 'finished', summary: 'done' })
    const total = memory.steps.size
    for (let at = 0; at < total; at++) {
      const gateway = scriptedGateway(script())
      const kept = memoryJournal().memory
      await expect(whole(kept, gateway, at)).rejects.toThrow('killed')
      expect(await whole(kept, gateway)).toEqual({ kind: 'finished', summary: 'done' })
      expect(gateway.asked.map((call) => call.request_sha256)).toEqual(
        untouched.asked.map((call) => call.request_sha256),
      )
    }
  })
})
