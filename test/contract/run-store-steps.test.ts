import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { PolicyDecision, RunStore, StepOutcome } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { executedCalls } from '../support/undecided-acts.ts'
import { advance, EVIDENCE, LIMITS, runIn, submission } from '../support/store-fixtures.ts'
import { code, thrown, value } from '../support/store-answers.ts'

let server: TestServer
let db: TestDatabase
let store: RunStore

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
  store = createRunStore({ database: db.database, identifiers })
})
afterAll(() => server.stop())

describe('steps', () => {
  test('steps are numbered from 1 without gaps, in the order they began', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const keys = Array.from({ length: 10 }, (_, index) => `k${index}`)
    const begun = await Promise.all(
      keys.map((key) => store.beginStep(run.id, lease, { key, kind: 'gate', request: key })),
    )
    expect(begun.map((step) => value(step).n).sort((left, right) => left - right)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ])
    expect((await store.steps(run.id)).map((step) => step.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('an outcome comes back as it was recorded: key order, NUL, half a pair, null', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const outcomes = [{ z: 1, a: ['\0', '\ud800', 'é', 1e-7, 2 ** 60, { '': null }] }, null, '', 'x'.repeat(300_000)]
    for (const [index, outcome] of outcomes.entries()) {
      const { n } = value(await store.beginStep(run.id, lease, { key: `k${index}`, kind: 'gate', request: null }))
      value(await store.finishStep(run.id, lease, n, { value: outcome }))
      const found = value(await store.beginStep(run.id, lease, { key: `k${index}`, kind: 'gate', request: null }))
      expect(JSON.stringify(found.outcome)).toBe(JSON.stringify(outcome))
      expect(found.outcome_at).not.toBeNull()
    }
  })

  test('an open intent is found again by its key, and another request keeps the recorded hash', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const first = value(await store.beginStep(run.id, lease, { key: 'k', kind: 'gate', request: { b: 1, a: 2 } }))
    expect(value(await store.beginStep(run.id, lease, { key: 'k', kind: 'gate', request: { a: 2, b: 1 } }))).toEqual(
      first,
    )
    const other = value(await store.beginStep(run.id, lease, { key: 'k', kind: 'gate', request: 'other' }))
    expect(other.request_sha256).toBe(first.request_sha256)
  })

  test('an outcome is written once: the same again changes nothing, another is refused', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const { n } = value(
      await store.beginStep(run.id, lease, { key: 'k', kind: 'model_call', request: 1, reserve_usd: 0.5 }),
    )
    const outcome: StepOutcome<string> = {
      value: 'first',
      cost_usd: 0.25,
      tokens: 10,
      events: [event('gate_answered')],
    }
    value(await store.finishStep(run.id, lease, n, outcome))
    value(await store.finishStep(run.id, lease, n, outcome))
    expect(code(await store.finishStep(run.id, lease, n, { value: 'second' }))).toBe('run_moved_on')
    expect((await store.budget(run.id)).use).toMatchObject({ cost_usd: 0.25, reserved_usd: 0, tokens: 10, steps: 1 })
    expect((await store.events(run.id, 0)).filter((each) => each.event === 'gate_answered')).toHaveLength(1)
    expect((await store.steps(run.id))[0]).toMatchObject({ outcome: 'first', cost_usd: 0.25 })
  })

  test('a step finishes together with its command, records and events', async () => {
    const { run, lease } = await runIn(store, 'editing')
    const { n } = value(await store.beginStep(run.id, lease, { key: 'k', kind: 'tool_call', request: 1 }))
    const tool_call = {
      tool: 'finish',
      tool_version: '1',
      args_sha256: 'a',
      status: 'ok',
      rule: null,
      duration_ms: 1.5,
    } as const
    const model_call = {
      call_key: 'c',
      provider: 'p',
      model: 'm',
      phase: 'editing',
      outcome: 'answered',
      input_tokens: 1,
      output_tokens: null,
      cost_usd: 0.1,
      duration_ms: 2,
    }
    const outcome = { value: 1, tree: 'e'.repeat(40), tool_call, model_call, decision: decisionOf(run.id) }
    const moved = value(await store.finishStep(run.id, lease, n, outcome, { command: advance('verifying') }))
    expect(moved.state).toBe('verifying')
    expect((await store.steps(run.id))[0]?.tree).toBe('e'.repeat(40))
    const rows = await db.asOwner(
      'select t.tool, m.call_key, m.output_tokens from gander.tool_call t join gander.model_call m using (tenant_id, run_id, step_n) where run_id = $1',
      [run.id],
    )
    expect(rows).toEqual([{ tool: 'finish', call_key: 'c', output_tokens: null }])
  })

  test('a command that is refused leaves the step open', async () => {
    const { run, lease } = await runIn(store, 'editing')
    const { n } = value(await store.beginStep(run.id, lease, { key: 'k', kind: 'gate', request: 1 }))
    expect(code(await store.finishStep(run.id, lease, n, { value: 1 }, { command: advance('judging') }))).toBe(
      'illegal_transition',
    )
    expect((await store.steps(run.id))[0]?.outcome_at).toBeNull()
  })

  test('a step that was never begun cannot be finished', async () => {
    const { run, lease } = await runIn(store, 'planning')
    expect(isGanderError(await thrown(store.finishStep(run.id, lease, 7, { value: 1 })), 'internal')).toBe(true)
  })
})

describe('the decision of a step', () => {
  const rows = (run: RunId) =>
    db.asOwner('select decision_id, step_n from gander.policy_decision where run_id = $1 order by position', [run])

  test('is on record when the step has begun and before it is finished', async () => {
    const { run, lease } = await runIn(store, 'editing')
    const decision = decisionOf(run.id)
    const begun = value(await store.beginStep(run.id, lease, { key: 'k', kind: 'tool_call', request: 1, decision }))
    expect(begun).toMatchObject({ outcome_at: null, decision })
    expect(await store.decisions(run.id)).toEqual([decision])
    value(await store.finishStep(run.id, lease, begun.n, { value: 1 }))
    expect(await rows(run.id)).toEqual([{ decision_id: decision.decision_id, step_n: begun.n }])
  })

  test('stands when the open intent is found again, whoever asks: no second row', async () => {
    const { run, lease } = await runIn(store, 'editing')
    const earlier = decisionOf(run.id)
    const intent = { key: 'k', kind: 'tool_call', request: 1 } as const
    const begun = value(await store.beginStep(run.id, lease, { ...intent, decision: earlier }))
    const later = { ...decisionOf(run.id), answer: 'deny' as const, args_hash: 'other' }
    expect(value(await store.beginStep(run.id, lease, { ...intent, decision: later }))).toEqual(begun)
    expect(value(await store.beginStep(run.id, lease, intent)).decision).toEqual(earlier)
    expect(await rows(run.id)).toHaveLength(1)
    value(await store.finishStep(run.id, lease, begun.n, { value: 1 }))
    expect(value(await store.beginStep(run.id, lease, { ...intent, decision: later })).decision).toBeUndefined()
    expect(await store.decisions(run.id)).toEqual([earlier])
  })

  test('is added to an open intent that has none, once', async () => {
    const { run, lease } = await runIn(store, 'editing')
    const intent = { key: 'k', kind: 'tool_call', request: 1 } as const
    expect(value(await store.beginStep(run.id, lease, intent)).decision).toBeUndefined()
    const decision = decisionOf(run.id)
    expect(value(await store.beginStep(run.id, lease, { ...intent, decision })).decision).toEqual(decision)
    expect(await rows(run.id)).toHaveLength(1)
  })

  test('allows an executed call only when it came with the intent, allows it, and has the hash of its arguments', async () => {
    const { run, lease } = await runIn(store, 'editing')
    const call = async (key: string, about: Partial<PolicyDecision>, isLate = false) => {
      const decision = { ...decisionOf(run.id), ...about }
      const intent = { key, kind: 'tool_call', request: 1, ...(!isLate && { decision }) } as const
      const { n } = value(await store.beginStep(run.id, lease, intent))
      const facts = { tool: key, tool_version: '1', duration_ms: 1, output_hash: 'o', exit_code: null }
      const { decision_id } = decision
      const about_call = { resource_type: 'tool', resource_id: key, request_hash: 'h', decision_id } as const
      const tool_call = {
        tool: key,
        tool_version: '1',
        args_sha256: 'h',
        status: 'ok',
        rule: null,
        duration_ms: 1,
      } as const
      const events = [{ event: 'tool_call_executed', facts, ...about_call }] as const
      value(await store.finishStep(run.id, lease, n, { value: 1, events, tool_call, ...(isLate && { decision }) }))
    }
    await call('fine', {})
    await call('late', {}, true)
    await call('denied', { answer: 'deny' })
    await call('other', { args_hash: 'other' })
    const { executed, undecided } = await executedCalls(db.database, run.id)
    expect(executed).toBe(4)
    expect(undecided.map(({ tool }) => tool)).toEqual(['late', 'denied', 'other'])
  })

  test('is not recorded where the budget, the lease or another step’s decision refuses the intent', async () => {
    const { run, lease } = await runIn(store, 'editing', { limits: { max_steps: 1 } })
    const begin = (key: string, fence: number, decision: PolicyDecision) =>
      store.beginStep(run.id, { ...lease, fence }, { key, kind: 'tool_call', request: 1, decision })
    expect(code(await begin('a', lease.fence + 1, decisionOf(run.id)))).toBe('lease_lost')
    const first = decisionOf(run.id)
    value(await begin('a', lease.fence, first))
    expect(code(await begin('b', lease.fence, decisionOf(run.id)))).toBe('budget_exhausted')
    const taken = { key: 'c', kind: 'gate', request: 1, decision: first } as const
    expect(isGanderError(await thrown(store.beginStep(run.id, lease, taken)), 'internal')).toBe(true)
    expect(await rows(run.id)).toHaveLength(1)
    expect(await store.steps(run.id)).toHaveLength(1)
  })
})

describe('budgets', () => {
  test('a reservation that the limit does not cover is refused with figures, and the next that fits is taken', async () => {
    const { run, lease } = await runIn(store, 'planning', { limits: { max_cost_usd: 0.3 } })
    const begin = (key: string, reserve_usd: number) =>
      store.beginStep(run.id, lease, { key, kind: 'model_call', request: 1, reserve_usd })
    value(await begin('a', 0.2))
    const refused = await begin('b', 0.2)
    expect(refused).toMatchObject({
      ok: false,
      refusal: { code: 'budget_exhausted', message: expect.stringContaining('0.2 of 0.3') as string },
    })
    value(await begin('c', 0.1))
    expect((await store.budget(run.id)).use).toMatchObject({ reserved_usd: 0.3, steps: 2 })
    expect(await store.steps(run.id)).toHaveLength(2)
  })

  test('finding an open model step again reserves nothing', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const intent = { key: 'a', kind: 'model_call', request: 1, reserve_usd: 0.7 } as const
    value(await store.beginStep(run.id, lease, intent))
    value(await store.beginStep(run.id, lease, intent))
    expect((await store.budget(run.id)).use).toMatchObject({ reserved_usd: 0.7, steps: 1 })
  })

  test('0 steps, 0 tokens and 0 minutes mean none for model and tool calls, while the platform’s own steps go on', async () => {
    for (const limits of [{ max_steps: 0 }, { max_tokens: 0 }, { max_minutes: 0 }]) {
      const { run, lease } = await runIn(store, 'planning', { limits })
      for (const kind of ['model_call', 'tool_call'] as const)
        expect(code(await store.beginStep(run.id, lease, { key: kind, kind, request: 1 }))).toBe('budget_exhausted')
      value(await store.beginStep(run.id, lease, { key: 'packet', kind: 'packet', request: 1 }))
    }
    const free = await runIn(store, 'planning', { limits: { max_cost_usd: 0 } })
    expect(
      code(
        await store.beginStep(free.run.id, free.lease, { key: 'a', kind: 'model_call', request: 1, reserve_usd: 1e-9 }),
      ),
    ).toBe('budget_exhausted')
    value(await store.beginStep(free.run.id, free.lease, { key: 'b', kind: 'model_call', request: 1, reserve_usd: 0 }))
  })

  test('the time of finished steps adds up', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const { n } = value(await store.beginStep(run.id, lease, { key: 'a', kind: 'verification', request: 1 }))
    await new Promise((resolve) => setTimeout(resolve, 60))
    value(await store.finishStep(run.id, lease, n, { value: 1 }))
    const { active_ms, steps } = (await store.budget(run.id)).use
    expect(active_ms).toBeGreaterThanOrEqual(55)
    expect(active_ms).toBeLessThan(60_000)
    expect(steps).toBe(0)
  })

  test('limits are extended with an event, and never shrunk', async () => {
    const run = await store.submit(submission())
    expect(await store.extendBudget(run.id, { max_cost_usd: 0.5, max_steps: 10 }, 'ada')).toEqual({
      ...LIMITS,
      max_cost_usd: 1.5,
      max_steps: 110,
    })
    const [event] = await store.events(run.id, 2)
    expect(event).toMatchObject({
      event: 'budget_extended',
      actor: 'ada',
      facts: { by: 'ada', added: { max_cost_usd: 0.5, max_steps: 10 } },
    })
    for (const added of [
      { max_steps: -1 },
      { max_cost_usd: Number.NaN },
      { max_minutes: Infinity },
      { max_tokens: 1.5 },
    ])
      expect(isGanderError(await thrown(store.extendBudget(run.id, added, 'ada')), 'usage')).toBe(true)
    expect((await store.budget(run.id)).limits.max_steps).toBe(110)
  })
})

const event = (name: 'gate_answered') => ({
  event: name,
  facts: { gate: 'plan', answer: 'pass', reason: 'fine', findings: 0 },
})

const decisionOf = (run_id: RunId): PolicyDecision => ({
  decision_id: identifiers.make('decision'),
  run_id,
  answer: 'allow',
  action: 'file.write',
  args_hash: 'h',
  requested: { path: 'a\0b' },
  matched_rules: [{ policy: 'platform', rule: 'r', effect: 'allow' }],
  explanation: 'allowed',
  policy_version: EVIDENCE.base_sha ?? '',
})
