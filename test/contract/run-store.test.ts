import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import { evolve, queuedRun, type Run, type RunEvent } from '#domain/run'
import type { PolicyDecision, RunStore, StepOutcome } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { advance, EVIDENCE, leased, LIMITS, runIn, submission, thisWorker } from '../support/store-fixtures.ts'

let server: TestServer
let db: TestDatabase
let store: RunStore

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
  store = createRunStore({ database: db.database, identifiers })
})
afterAll(() => server.stop())

const value = <Value>(result: { readonly ok: true; readonly value: Value } | { readonly ok: false }): Value => {
  if (!result.ok) throw new Error(JSON.stringify(result))
  return result.value
}

const code = (result: { readonly ok: boolean; readonly refusal?: { readonly code: string } }) => result.refusal?.code

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('submitting and reading', () => {
  test('a submitted run is queued, and is read back with its task, limits and no use', async () => {
    const order = submission()
    const run = await store.submit(order)
    expect(run).toEqual(queuedRun(order.run))
    const view = await store.load(run.id)
    expect(view).toMatchObject({ run, task: order.task, limits: LIMITS })
    expect(view?.use).toEqual({ cost_usd: 0, reserved_usd: 0, active_ms: 0, steps: 0, tokens: 0 })
    expect(view?.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/)
  })

  test('the events of a submission are on record, and it is scheduled exactly once', async () => {
    const run = await store.submit(submission())
    const events = await store.events(run.id, 0)
    expect(events.map((event) => [event.run_seq, event.event])).toEqual([
      [1, 'request_received'],
      [2, 'run_scheduled'],
    ])
  })

  test('an unknown run is undefined to load and run_not_found to write', async () => {
    const nobody = identifiers.make('run')
    expect(await store.load(nobody)).toBeUndefined()
    const failures = [
      store.command(nobody, { type: 'cancel', by: 'ada' }),
      store.budget(nobody),
      store.extendBudget(nobody, { max_steps: 1 }, 'ada'),
      store.beginStep(nobody, { worker: identifiers.make('worker'), fence: 1 }, { key: 'k', kind: 'gate', request: 1 }),
    ]
    for (const failure of failures) expect(isGanderError(await thrown(failure), 'run_not_found')).toBe(true)
  })

  test('text that no column can hold arrives without what it cannot hold', async () => {
    const order = submission({ title: 'nul \0 and half \ud800 a pair' })
    const run = await store.submit(order)
    expect((await store.load(run.id))?.task.title).toBe(order.task.title)
  })

  test('the newest run is listed first, and no more than asked for', async () => {
    await store.submit(submission())
    const newest = await store.submit(submission())
    const listed = await store.list(LOCAL_TENANT, 2)
    expect(listed).toHaveLength(2)
    expect(listed[0]?.run.id).toBe(newest.id)
  })

  test('an event that lacks a fact of its catalogue entry is refused, and nothing is written', async () => {
    const { run, lease } = await leased(store)
    const bare = store.write(run.id, lease, {
      command: advance('preparing'),
      events: [{ event: 'plan_created', facts: {} }],
    })
    expect(isGanderError(await thrown(bare), 'internal')).toBe(true)
    expect((await store.load(run.id))?.run.state).toBe('leased')
  })
})

describe('leases', () => {
  test('the oldest queued run is leased, with a fence that grows', async () => {
    const fresh = createRunStore({ database: (await server.database()).database, identifiers })
    const first = await fresh.submit(submission())
    await fresh.submit(submission())
    const worker = thisWorker()
    const won = await fresh.lease(worker)
    expect(won?.run).toMatchObject({ id: first.id, state: 'leased', fence: 1, attempts: 1 })
    expect(won?.lease).toEqual({ worker: worker.id, fence: 1 })
    if (won === undefined) throw new Error('nothing leased')
    value(await fresh.write(first.id, won.lease, { command: { type: 'return_to_queue', reason: 'worker_gave_back' } }))
    expect((await fresh.lease(thisWorker()))?.lease.fence).toBe(2)
  })

  test('a run that is held, and a queue that is empty, give nothing', async () => {
    const { run } = await leased(store)
    expect(await store.lease(thisWorker(), run.id)).toBeUndefined()
    const empty = createRunStore({ database: (await server.database()).database, identifiers })
    expect(await empty.lease(thisWorker())).toBeUndefined()
  })

  test('a heartbeat holds the lease and tells who asked to cancel', async () => {
    const { run, lease } = await leased(store)
    expect(await store.heartbeat(run.id, lease)).toEqual({ held: true, cancel_requested_by: null })
    value(await store.command(run.id, { type: 'request_cancel', by: 'ada' }))
    expect(await store.heartbeat(run.id, lease)).toEqual({ held: true, cancel_requested_by: 'ada' })
    expect((await store.heartbeat(run.id, { ...lease, fence: lease.fence + 1 })).held).toBe(false)
  })

  test('a request to cancel does not take the worker’s next write from it', async () => {
    const { run, lease } = await leased(store)
    value(await store.command(run.id, { type: 'request_cancel', by: 'ada' }))
    const moved = value(await store.write(run.id, lease, { command: advance('preparing') }))
    expect(moved).toMatchObject({ state: 'preparing', cancel_requested_by: 'ada' })
  })
})

describe('the road of a run', () => {
  test('a run goes all the way to completed, and folding its events gives the stored run', async () => {
    const order = submission()
    await store.submit(order)
    const won = await store.lease(thisWorker(), order.run.id)
    if (won === undefined) throw new Error('nothing leased')
    const road = [
      'preparing',
      'reproducing',
      'planning',
      'editing',
      'verifying',
      'judging',
      'pr_preparing',
      'pr_created',
    ] as const
    for (const to of road) value(await store.write(order.run.id, won.lease, { command: advance(to) }))
    const command = { type: 'complete', packet_sha256: 'f'.repeat(64), summary: 'done' } as const
    const ended = value(await store.write(order.run.id, won.lease, { command }))
    expect(ended).toMatchObject({ state: 'completed', summary: 'done' })
    const events = await store.events(order.run.id, 0)
    const own = events.filter((event) => RUN_EVENTS.has(event.event)) as unknown as readonly RunEvent[]
    expect(own.reduce<Run>(evolve, queuedRun(order.run))).toEqual(ended)
    expect((await store.load(order.run.id))?.run).toEqual(ended)
    expect(events.at(-1)).toMatchObject({ event: 'run_completed', state: 'completed', actor: won.lease.worker })
  })

  test('an arrow that is not drawn and a guard that is not met are refused, and nothing is written', async () => {
    const { run, lease } = await leased(store)
    expect(code(await store.write(run.id, lease, { command: advance('judging') }))).toBe('illegal_transition')
    const bare = { type: 'advance', to: 'preparing', evidence: {} } as const
    expect(code(await store.write(run.id, lease, { command: bare }))).toBe('guard_unmet')
    expect((await store.load(run.id))?.run).toEqual(run)
    expect(await store.events(run.id, 3)).toEqual([])
  })

  test('every waiting and ending state keeps what belongs to it', async () => {
    const paused = await runIn(store, 'editing')
    const pause = { type: 'pause', reason: 'budget_cost', explanation: 'cost 1 of 1' } as const
    const waiting = value(await store.write(paused.run.id, paused.lease, { command: pause }))
    expect(waiting).toMatchObject({ state: 'paused', return_to: 'editing', explanation: 'cost 1 of 1' })
    expect('lease' in waiting).toBe(false)
    const again = value(await store.command(waiting.id, { type: 'continue', by: 'ada' }))
    expect(again).toMatchObject({ state: 'queued', resume_to: 'editing', attempts: 0 })
    const won = await store.lease(thisWorker(), again.id)
    expect(won?.run).toMatchObject({ state: 'leased', resume_to: 'editing', fence: 2 })
    if (won === undefined) throw new Error('nothing leased')
    expect(value(await store.write(again.id, won.lease, { command: { type: 'resume' } }))).toMatchObject({
      state: 'editing',
    })
    const diagnosis = { class: 'not_repaired', what: 'tests fail', why: 'no idea', next: 'look' } as const
    const end = { type: 'end', state: 'needs_human', diagnosis, packet_sha256: null } as const
    expect(value(await store.write(again.id, won.lease, { command: end }))).toMatchObject({
      state: 'needs_human',
      diagnosis,
    })
    const [last] = await store.events(again.id, 0).then((events) => events.slice(-2))
    expect(last).toMatchObject({ event: 'run_failed', facts: { class: 'not_repaired' } })
  })

  test('a person cancels a queued run at once, and the event names the person', async () => {
    const run = await store.submit(submission())
    expect(value(await store.command(run.id, { type: 'request_cancel', by: 'ada' }))).toMatchObject({
      state: 'cancelled',
      by: 'ada',
    })
    const events = await store.events(run.id, 2)
    expect(events.map((event) => [event.event, event.actor_type, event.actor])).toEqual([
      ['run_cancelled', 'person', 'ada'],
      ['run_completed', 'person', 'ada'],
    ])
  })

  test('a write records artifacts, decision and pull request once, however often it is repeated', async () => {
    const { run, lease } = await runIn(store, 'pr_preparing')
    const artifact = { kind: 'diff', name: 'patch', sha256: 'a'.repeat(64), bytes: 12, data_class: 'internal' } as const
    const pull_request = {
      url: 'file:///pr/1',
      number: 1,
      branch: 'b',
      head_commit: 'c'.repeat(40),
      idempotency_key: `k:${run.id}`,
    }
    const write = { artifacts: [artifact], pull_request, decision: decisionOf(run.id) }
    value(await store.write(run.id, lease, write))
    value(
      await store.write(run.id, lease, { ...write, pull_request: { ...pull_request, head_commit: 'd'.repeat(40) } }),
    )
    expect(await store.artifacts(run.id)).toEqual([artifact])
    expect(await store.decisions(run.id)).toEqual([write.decision])
    expect(await store.pullRequest(run.id)).toEqual({ ...pull_request, head_commit: 'd'.repeat(40) })
    expect(await store.pullRequest(identifiers.make('run'))).toBeUndefined()
  })
})

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
    const outcomes = [
      { z: 1, a: ['\0', '\ud800', 'é', 1e-7, 12345678901234567890, { '': null }] },
      null,
      '',
      'x'.repeat(300_000),
    ]
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
    expect(active_ms).toBeLessThan(5_000)
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

const RUN_EVENTS = new Set([
  'run_leased',
  'run_returned_to_queue',
  'run_state_changed',
  'run_paused',
  'run_continued',
  'run_cancel_requested',
  'run_cancelled',
  'run_failed',
  'run_completed',
])

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
