import { describe, expect, it } from 'vitest'
import type { ModelAnswer, ModelCall } from '#ports'
import { memoryJournal } from '../../../test/support/agents/memory-journal.ts'
import {
  calls,
  CHEAP,
  fakeClock,
  scriptedGateway,
  scriptedTools,
  sessionOf,
} from '../../../test/support/agents/scripted-session.ts'
import { createNativeAgent } from './native-agent.ts'

const READ = calls(['file_read', { path: 'src/parse.ts' }])
const SUBMIT = calls(['submit_plan', { objective: 'x' }])

type Over = NonNullable<Parameters<typeof sessionOf>[1]>

async function work(script: Parameters<typeof scriptedGateway>[0], over: Over = {}) {
  const journal = memoryJournal()
  const gateway = scriptedGateway(script)
  const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() })
  const outcome = await agent.work(sessionOf(journal, { tools: scriptedTools(journal), ...over }))
  return { outcome, journal, gateway }
}

const texts = (call: ModelCall | undefined) =>
  (call?.request.messages ?? []).flatMap((message) => (message.role === 'user' ? [message.text] : [])).join('\n')

describe('marks of the budget', () => {
  it('warn the model at 80, 90, 95 and 99 %, once each and in other words each time', async () => {
    const script = Array.from({ length: 101 }, (_, n) => calls(['file_read', { path: `f${n}` }]))
    const { gateway, outcome } = await work(script, { limits: { max_steps: 201 } })
    expect(outcome.kind).toBe('exhausted')
    const said = texts(gateway.asked.at(-1)).match(/\d+ % of this run's budget is used\.[^.;]*/g) ?? []
    expect(said.map((each) => Number.parseInt(each, 10))).toEqual([80, 90, 95, 99])
    expect(new Set(said.map((each) => each.replace(/^\d+/, '')))).toHaveLength(4)
    expect(texts(gateway.asked[79])).not.toContain('budget')
  })

  it('that jump over marks are told of the highest one alone', async () => {
    const pricey = { ...READ, usage: { input_tokens: 8_500_000, output_tokens: 100, cached_input_tokens: 0 } }
    const { gateway } = await work([pricey, READ, SUBMIT], { limits: { max_tokens: 9_000_000 } })
    const said = texts(gateway.asked.at(-1)).match(/\d+ % of this run's budget is used/g) ?? []
    expect(said).toEqual(["94 % of this run's budget is used"])
  })

  it('a run that nears the limits of the policy for models is told so as if they were its own', async () => {
    const near = { ...READ, policy_pressure: 0.91 } as ModelAnswer
    const { gateway } = await work([near, SUBMIT])
    expect(texts(gateway.asked.at(-1))).toContain("91 % of this run's budget is used")
  })
})

describe('what was cut out of a request', () => {
  const cutting = (count: number, confirmed = false): ModelAnswer => {
    const answer = calls(['file_read', { path: `f${count}` }])
    return { ...answer, cut: { count, kinds: ['github_token'], confirmed } } as ModelAnswer
  }

  it('is told when it grows and put on record, and is not told again', async () => {
    const { gateway, journal } = await work([cutting(2), cutting(2), cutting(3, true), SUBMIT])
    const told = texts(gateway.asked.at(-1)).match(/\d+ passages \(github_token\)/g)
    expect(told).toEqual(['2 passages (github_token)', '3 passages (github_token)'])
    const recorded = journal.events
      .filter(({ event }) => event !== 'model_called')
      .map(({ event, facts }) => [event, facts])
    const where = 'model request (planning)'
    expect(recorded).toEqual([
      ['secret_redacted', { count: 2, kinds: ['github_token'], where }],
      ['secret_redacted', { count: 1, kinds: ['github_token'], where }],
      ['incident_opened', { kind: 'registered_secret_seen', where }],
    ])
  })

  it('is not spoken of where nothing was', async () => {
    const { gateway } = await work([READ, SUBMIT])
    expect(texts(gateway.asked.at(-1))).not.toContain('cut out')
  })
})
