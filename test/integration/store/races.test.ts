import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { HEARTBEAT_MS, LEASE_MS } from '#domain/run'
import type { RunStore, WorkerIdentity } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { advance, leased, runIn, submission, thisWorker } from '../../support/store-fixtures.ts'

let server: TestServer
let db: TestDatabase
let store: RunStore

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  db = await server.database()
  store = createRunStore({ database: db.database, identifiers })
})
afterAll(() => server.stop())

const elsewhere = (): WorkerIdentity => ({ ...thisWorker(), host: 'another-host' })
const expire = (id: string) =>
  db.asOwner("update gander.run set lease_expires_at = now() - interval '1 second' where id = $1", [id])

describe('leasing', () => {
  test('forty workers take twenty runs, each exactly once', async () => {
    for (let n = 0; n < 20; n++) await store.submit(submission())
    const won = await Promise.all(Array.from({ length: 40 }, () => store.lease(thisWorker())))
    const ids = won.flatMap((each) => (each === undefined ? [] : [each.run.id]))
    // A row that another is taking at that moment is skipped, so a worker may go away with nothing and ask again.
    while (ids.length < 20) {
      const more = await store.lease(thisWorker())
      if (more === undefined) break
      ids.push(more.run.id)
    }
    expect(ids).toHaveLength(20)
    expect(new Set(ids).size).toBe(20)
  })

  test('of ten workers that want the same run one gets it', async () => {
    const { id } = await store.submit(submission())
    const won = await Promise.all(Array.from({ length: 10 }, () => store.lease(thisWorker(), id)))
    expect(won.filter((each) => each !== undefined)).toHaveLength(1)
    expect((await store.events(id, 0)).filter((event) => event.event === 'run_leased')).toHaveLength(1)
  })
})

describe('fences', () => {
  test('a zombie’s thousand writes are all refused, and the new worker’s go through', async () => {
    const { run, lease } = await runIn(store, 'planning')
    const opened = await store.beginStep(run.id, lease, {
      key: 'open',
      kind: 'model_call',
      request: 1,
      reserve_usd: 0.1,
    })
    expect(opened.ok).toBe(true)
    await expire(run.id)
    expect(await store.sweep(elsewhere())).toBe(1)
    const next = await store.lease(elsewhere(), run.id)
    if (next === undefined) throw new Error('nothing leased')
    const before = await store.load(run.id)
    const codes = new Map<string, number>()
    const count = (result: { readonly ok: boolean; readonly refusal?: { readonly code: string } }) =>
      codes.set(result.refusal?.code ?? 'accepted', (codes.get(result.refusal?.code ?? 'accepted') ?? 0) + 1)
    for (let n = 0; n < 250; n++) {
      const event = { event: 'policy_changed', facts: { from: 'a', to: 'b' } } as const
      const answers = await Promise.all([
        store.beginStep(run.id, lease, { key: `zombie ${n}`, kind: 'tool_call', request: n }),
        store.finishStep(run.id, lease, 1, { value: n, cost_usd: 1 }),
        store.write(run.id, lease, { command: advance('reproducing') }),
        store.write(run.id, lease, { events: [event] }),
      ])
      answers.forEach(count)
    }
    expect((await store.heartbeat(run.id, lease)).held).toBe(false)
    expect([...codes]).toEqual([['lease_lost', 1000]])
    expect(await store.load(run.id)).toEqual(before)
    expect(await store.steps(run.id)).toHaveLength(1)
    expect((await store.write(run.id, next.lease, { command: { type: 'resume' } })).ok).toBe(true)
    expect((await store.finishStep(run.id, next.lease, 1, { value: 'mine' })).ok).toBe(true)
  })

  test('a worker whose run went back to the queue is refused before anyone leases it again', async () => {
    const { run, lease } = await runIn(store, 'planning')
    await expire(run.id)
    await store.sweep(elsewhere())
    const late = await store.beginStep(run.id, lease, { key: 'late', kind: 'gate', request: 1 })
    expect(late).toMatchObject({ ok: false, refusal: { code: 'lease_lost' } })
  })

  test('a write and the sweep that takes its run from it never both win', async () => {
    for (let round = 0; round < 20; round++) {
      const { run, lease } = await runIn(store, 'preparing')
      await expire(run.id)
      const [written] = await Promise.all([
        store.write(run.id, lease, { command: advance('planning') }),
        store.sweep(elsewhere()),
      ])
      // A sweep passes over a row that is being written; the lease is still expired, so the next one takes it.
      await store.sweep(elsewhere())
      const after = (await store.load(run.id))?.run
      const resume_to = written.ok ? 'planning' : 'preparing'
      expect(after).toMatchObject({ state: 'queued', resume_to })
    }
  })

  test('of two outcomes for one step one is written', async () => {
    const { run, lease } = await runIn(store, 'planning')
    await store.beginStep(run.id, lease, { key: 'k', kind: 'model_call', request: 1, reserve_usd: 0.5 })
    const both = await Promise.all(
      ['a', 'b'].map((value) => store.finishStep(run.id, lease, 1, { value, cost_usd: 0.2 })),
    )
    expect(both.filter((each) => each.ok)).toHaveLength(1)
    expect((await store.budget(run.id)).use).toMatchObject({ cost_usd: 0.2, reserved_usd: 0 })
  })
})

describe('budgets', () => {
  test('of fifty reservations that race for the last unit one is taken', async () => {
    const { run, lease } = await runIn(store, 'planning', { limits: { max_cost_usd: 0.3, max_steps: 1000 } })
    const reserve = (key: string) =>
      store.beginStep(run.id, lease, { key, kind: 'model_call', request: 1, reserve_usd: 0.1 })
    await reserve('a')
    const settled = await store.finishStep(run.id, lease, 1, { value: 1, cost_usd: 0.1 })
    expect(settled.ok).toBe(true)
    await reserve('b')
    const raced = await Promise.all(Array.from({ length: 50 }, (_, n) => reserve(`race ${n}`)))
    expect(raced.filter((each) => each.ok)).toHaveLength(1)
    const { use, limits } = await store.budget(run.id)
    expect(use.cost_usd + use.reserved_usd).toBeCloseTo(limits.max_cost_usd, 12)
    expect(use.steps).toBe(3)
  })
})

describe('the sweep', () => {
  test('a lease outlasts two heartbeats that were lost', () => {
    expect(LEASE_MS).toBeGreaterThan(3 * HEARTBEAT_MS)
  })

  test('a lease that ran out gives its run back to where it was', async () => {
    const { run } = await runIn(store, 'editing')
    expect(await store.sweep(elsewhere())).toBe(0)
    await expire(run.id)
    expect(await store.sweep(elsewhere())).toBe(1)
    expect((await store.load(run.id))?.run).toMatchObject({ state: 'queued', resume_to: 'editing', attempts: 1 })
  })

  test('the lease of a process that died on this host is free at once, and that of a living one is not', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    const started_at = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    const dying = { ...thisWorker(), pid: child.pid ?? 0, started_at }
    const { run } = await leased(store, {}, dying)
    const mine = await leased(store)
    expect(await store.sweep(thisWorker())).toBe(0)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await store.sweep(thisWorker())).toBe(1)
    expect((await store.load(run.id))?.run.state).toBe('queued')
    expect((await store.load(mine.run.id))?.run.state).toBe('leased')
  })

  test('a process number that came round again, and one from before a boot, are dead; another host’s is not judged', async () => {
    const reused = await leased(store, {}, { ...thisWorker(), started_at: '1' })
    const rebooted = await leased(store, {}, { ...thisWorker(), boot_id: 'earlier' })
    const foreign = await leased(store, {}, { ...elsewhere(), started_at: '1' })
    expect(await store.sweep(thisWorker())).toBe(2)
    const states = await Promise.all(
      [reused, rebooted, foreign].map(async ({ run }) => (await store.load(run.id))?.run.state),
    )
    expect(states).toEqual(['queued', 'queued', 'leased'])
  })

  test('a run whose attempts are used up ends as failed, in work as well as in the queue', async () => {
    const inWork = await leased(store, { max_attempts: 1 })
    await expire(inWork.run.id)
    const inQueue = await leased(store, { max_attempts: 1 })
    await store.write(inQueue.run.id, inQueue.lease, {
      command: { type: 'return_to_queue', reason: 'worker_gave_back' },
    })
    expect(await store.lease(thisWorker())).toBeUndefined()
    expect(await store.sweep(elsewhere())).toBe(2)
    for (const { run } of [inWork, inQueue])
      expect((await store.load(run.id))?.run).toMatchObject({ state: 'failed', diagnosis: { class: 'worker_lost' } })
  })

  test('a run whose worker died after a request to cancel is cancelled', async () => {
    const { run } = await runIn(store, 'editing')
    await store.command(run.id, { type: 'request_cancel', by: 'ada' })
    await expire(run.id)
    expect(await store.sweep(elsewhere())).toBe(1)
    expect((await store.load(run.id))?.run).toMatchObject({ state: 'cancelled', by: 'ada' })
  })

  test('ten sweeps at once give each run back once', async () => {
    const runs = await Promise.all(Array.from({ length: 12 }, () => leased(store)))
    await Promise.all(runs.map(({ run }) => expire(run.id)))
    const counts = await Promise.all(Array.from({ length: 10 }, () => store.sweep(elsewhere())))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(12)
  })

  test('the time between a crash and the resume is nobody’s work', async () => {
    const { run, lease } = await runIn(store, 'planning')
    await store.beginStep(run.id, lease, { key: 'k', kind: 'tool_call', request: 1 })
    await db.asOwner("update gander.step set opened_at = opened_at - interval '1 hour' where run_id = $1", [run.id])
    await expire(run.id)
    await store.sweep(elsewhere())
    const next = await store.lease(thisWorker(), run.id)
    if (next === undefined) throw new Error('nothing leased')
    const again = await store.beginStep(run.id, next.lease, { key: 'k', kind: 'tool_call', request: 1 })
    expect(again).toMatchObject({ ok: true, value: { n: 1, outcome_at: null } })
    await store.finishStep(run.id, next.lease, 1, { value: 1 })
    const { use } = await store.budget(run.id)
    expect(use.active_ms).toBeLessThan(60_000)
    expect(use.steps).toBe(1)
  })
})
