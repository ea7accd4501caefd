import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { messagesSeen, type RequestAccount } from '#domain/context'
import type { ModelCall } from '#ports'
import { memoryJournal, type StepMemory } from '../../../test/support/agents/memory-journal.ts'
import {
  calls,
  CHEAP,
  fakeClock,
  scriptedGateway,
  scriptedTools,
  sessionOf,
} from '../../../test/support/agents/scripted-session.ts'
import { createNativeAgent } from './native-agent.ts'

const READS = 8
const script = () => [
  calls(['submit_plan', { objective: 'keep me' }]),
  calls(['verify', {}]),
  ...Array.from({ length: READS }, (_, n) => calls(['file_read', { path: `f${n}` }])),
  calls(['finish', {}]),
]

/** Each answer is about a thousand words long. */
const react = (name: string, args: unknown) => `${name} ${JSON.stringify(args)} ${'some words '.repeat(500)}`

async function run(memory?: StepMemory, answers: ReturnType<typeof script> = script()) {
  const journal = memoryJournal(memory)
  const gateway = scriptedGateway(answers)
  const tools = scriptedTools(journal, react)
  const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() }, { compact_above_tokens: 2_500 })
  await agent.work(sessionOf(journal, { tools }))
  const outcome = await agent.work(sessionOf(journal, { tools, phase: 'editing' }))
  return { journal, asked: gateway.asked, outcome }
}

interface Recorded {
  readonly seen: RequestAccount
}

function missing(): never {
  throw new Error('a model call has no outcome')
}

const bytesOf = (call: ModelCall | undefined) => JSON.stringify(call?.request)
const seenIn = (memory: StepMemory): readonly RequestAccount[] =>
  [...memory.steps]
    .filter(([key]) => key.startsWith('model:'))
    .map(([, { outcome }]) => (outcome === undefined ? missing() : (outcome.value as unknown as Recorded).seen))

describe('a compaction', () => {
  let whole: Awaited<ReturnType<typeof run>>
  beforeAll(async () => {
    whole = await run()
  })

  it('is a step with an event, which say what was left out and how much it saved', () => {
    expect(whole.outcome.kind).toBe('finished')
    const steps = whole.journal.acted.filter(({ key }) => key.startsWith('compact:'))
    expect(steps.length).toBeGreaterThan(0)
    const [event] = whole.journal.events.filter((each) => each.event === 'context_compacted')
    const before = Number(event?.facts['before_tokens'])
    expect(before).toBeGreaterThan(2_500)
    expect(Number(event?.facts['after_tokens'])).toBeLessThan(before * 0.7)
  })

  it('leaves a stub that names what was there by its hash and how to see it again', () => {
    const hash = createHash('sha256')
      .update(react('file_read', { path: 'f0' }))
      .digest('hex')
      .slice(0, 16)
    const last = bytesOf(whole.asked.at(-1))
    expect(last).toContain(`of file_read {\\"path\\":\\"f0\\"}, sha256 ${hash}; call it again to see them]`)
  })

  it('keeps the openings, the plan and the last verification', () => {
    const last = bytesOf(whole.asked.at(-1))
    expect(last).toContain('opening of planning')
    expect(last).toContain('keep me')
    expect(last).toContain(`verify {} ${'some words '.repeat(500)}`)
  })

  it('is made again from the record, so that the requests after it are the same bytes', async () => {
    const answered = 7
    const steps = [...whole.journal.memory.steps]
    const cut = steps.findIndex(([key]) => key === `model:1:${answered - 1}:0`)
    expect(steps.slice(0, cut).some(([key]) => key.startsWith('compact:'))).toBe(true)
    const rest = script().slice(answered)
    const resumed = await run({ steps: new Map(steps.slice(0, cut)) }, rest)
    expect(resumed.asked.map(bytesOf)).toEqual(whole.asked.slice(answered).map(bytesOf))
  })

  it('is in the account: folded, it gives each message of the last request with what stands there now', () => {
    const accounts = seenIn(whole.journal.memory)
    const seen = messagesSeen(accounts)
    const sent = whole.asked.at(-1)?.request.messages ?? []
    const texts = sent.flatMap((message) => (message.role === 'tool' ? message.answers.map(({ text }) => text) : []))
    const hashes = texts.map((text) => createHash('sha256').update(text).digest('hex').slice(0, 16))
    expect(seen.filter(({ kind }) => kind === 'tool_result').map(({ hash }) => hash)).toEqual(hashes)
    const last = accounts.at(-1)
    const sum = seen.reduce((all, { tokens }) => all + tokens, 0)
    expect(last?.total_tokens).toBe((last?.system_tokens ?? 0) + (last?.tool_tokens ?? 0) + sum)
  })
})

describe('a conversation that is short enough', () => {
  it('is never compacted: each request begins with all of the one before', async () => {
    const journal = memoryJournal()
    const gateway = scriptedGateway(script())
    const tools = scriptedTools(journal, react)
    const agent = createNativeAgent({ gateway, prices: CHEAP, clock: fakeClock() })
    await agent.work(sessionOf(journal, { tools }))
    await agent.work(sessionOf(journal, { tools, phase: 'editing' }))
    expect(journal.acted.filter(({ key }) => key.startsWith('compact:'))).toEqual([])
    for (const [index, call] of gateway.asked.entries()) {
      const before = gateway.asked[index - 1]?.request.messages ?? []
      expect(JSON.stringify(call.request.messages.slice(0, before.length))).toBe(JSON.stringify(before))
    }
  })
})
