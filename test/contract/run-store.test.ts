import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import { evolve, queuedRun, type Run, type RunEvent } from '#domain/run'
import type { PolicyDecision, RunStore } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { advance, EVIDENCE, leased, LIMITS, ROAD, runIn, submission, thisWorker } from '../support/store-fixtures.ts'
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
    for (const error of await Promise.all(failures.map(thrown)))
      expect(isGanderError(error, 'run_not_found')).toBe(true)
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
    for (const to of ROAD) value(await store.write(order.run.id, won.lease, { command: advance(to) }))
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
