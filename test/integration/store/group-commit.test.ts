import { createHash } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRunStores } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { decide, evolve, type Run } from '#domain/run'
import { verifyChain } from '#evidence-plane/ledger'
import type { LeasedRun, RunStores } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { advance, runIn, submission, thisWorker } from '../../support/store-fixtures.ts'

const A = 'ten_a' as TenantId
const B = 'ten_b' as TenantId
const worker = thisWorker()

let server: TestServer
let db: TestDatabase
let stores: RunStores

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  db = await server.database()
  stores = createRunStores({ database: db.database, identifiers })
})
afterAll(() => server.stop())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const defects = async (tenant: TenantId) =>
  (await verifyChain({ store: stores.of(tenant), tenant, sha256, page: 1_000 })).defects

/** Many queued runs of one task. */
async function flood(tenant: TenantId, count: number): Promise<void> {
  const { id } = await stores.of(tenant).submit(submission({ tenant }))
  await db.asOwner(
    `insert into gander.run (tenant_id, id, task_id, mode, is_fix, state, version, fence, attempts, max_attempts, facts, detail)
    select tenant_id, id || '_' || n, task_id, mode, is_fix, 'queued', 1, 0, 0, max_attempts, facts, detail
    from gander.run, generate_series(2, $2::integer) n where id = $1`,
    [id, count],
  )
}

const held = (tenant: TenantId, count: number) =>
  Promise.all(Array.from({ length: count }, () => runIn(stores.of(tenant), 'planning', { tenant })))

describe('writes that go together', () => {
  test('one that is refused or in error fails alone, and the others are written with their events', async () => {
    const store = stores.of(A)
    const [good, late, twice, wrong, ...more] = await held(A, 6)
    if (good === undefined || late === undefined || twice === undefined || wrong === undefined) throw new Error('few')
    for (const { run, lease } of [good, late, twice, wrong, ...more])
      await store.beginStep(run.id, lease, { key: 'k', kind: 'gate', request: 1 })
    await store.finishStep(twice.run.id, twice.lease, 1, { value: 'first' })
    const before = (await store.chain(A, 0, 1_000)).length
    const events = [{ event: 'admin_override', facts: { by: 'ada', what: 'step' } }] as const
    const finish = ({ run, lease }: Pick<LeasedRun, 'run' | 'lease'>, fence = lease.fence, n = 1) =>
      store.finishStep(run.id, { ...lease, fence }, n, { value: 'second', events })
    const answers = await Promise.allSettled([
      finish(good),
      finish(late, late.lease.fence - 1),
      finish(twice),
      finish(wrong, wrong.lease.fence, 7),
      ...more.map((each) => finish(each)),
    ])
    const told = answers.map((each) => {
      if (each.status === 'rejected') return isGanderError(each.reason) ? each.reason.code : 'broken'
      return each.value.ok ? 'written' : each.value.refusal.code
    })
    expect(told).toEqual(['written', 'lease_lost', 'run_moved_on', 'internal', 'written', 'written'])
    expect(await store.chain(A, before, 1_000)).toHaveLength(3)
    expect((await store.steps(late.run.id))[0]?.outcome_at).toBeNull()
    expect((await store.steps(twice.run.id))[0]?.outcome).toBe('first')
    expect(await defects(A)).toEqual([])
  })

  test('a step that finds no budget left is refused alone', async () => {
    const store = stores.of(A)
    const rich = await held(A, 3)
    const poor = await runIn(store, 'planning', { tenant: A, limits: { max_cost_usd: 0.1 } })
    const reserve = ({ run, lease }: (typeof rich)[number]) =>
      store.beginStep(run.id, lease, { key: 'k', kind: 'model_call', request: 1, reserve_usd: 0.5 })
    const begun = await Promise.all([...rich, poor].map(reserve))
    expect(begun.map((each) => (each.ok ? each.value.n : each.refusal.code))).toEqual([1, 1, 1, 'budget_exhausted'])
    expect(await store.steps(poor.run.id)).toEqual([])
  })

  test('a repeated write whose first answer was lost changes nothing, beside others that do', async () => {
    const store = stores.of(A)
    const [one, two] = await held(A, 2)
    if (one === undefined || two === undefined) throw new Error('few')
    for (const { run, lease } of [one, two])
      await store.beginStep(run.id, lease, { key: 'k', kind: 'gate', request: 1 })
    const finish = ({ run, lease }: typeof one) =>
      store.finishStep(run.id, lease, 1, {
        value: 'v',
        events: [{ event: 'admin_override', facts: { by: 'a', what: 'b' } }],
      })
    await finish(one)
    const before = (await store.chain(A, 0, 1_000)).length
    expect((await Promise.all([finish(one), finish(two)])).map(({ ok }) => ok)).toEqual([true, true])
    expect(await store.chain(A, before, 1_000)).toHaveLength(1)
  })

  test('a server that dies under them leaves none written, and all can be written again', async () => {
    const store = stores.of(A)
    const runs = await held(A, 4)
    const before = (await store.chain(A, 0, 1_000)).length
    const owner = new Client({ connectionString: db.owner_url })
    await owner.connect()
    const blocked = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await owner.query(`begin; select from gander.ledger_head where tenant_id = '${A}' for update`)
    const writes = Promise.allSettled(
      runs.map(({ run, lease }) => store.write(run.id, lease, { command: advance('editing') })),
    )
    await expect.poll(async () => (await owner.query(blocked)).rowCount).toBe(1)
    await owner.query(`select pg_terminate_backend(pid) from (${blocked}) as waiting`)
    expect((await writes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected'])
    await owner.query('rollback')
    await owner.end()
    expect(await store.chain(A, before, 1_000)).toEqual([])
    const again = await Promise.all(
      runs.map(({ run, lease }) => store.write(run.id, lease, { command: advance('editing') })),
    )
    expect(again.every(({ ok }) => ok)).toBe(true)
    expect(await defects(A)).toEqual([])
  })
})

describe('a run as this process last wrote it', () => {
  test('is decided on again where another wrote in between, and what that said is kept', async () => {
    const store = stores.of(A)
    const elsewhere = createRunStores({ database: db.database, identifiers }).of(A)
    const { run, lease } = await runIn(store, 'planning', { tenant: A })
    expect((await elsewhere.command(run.id, { type: 'request_cancel', by: 'ada' })).ok).toBe(true)
    const written = await store.write(run.id, lease, { command: advance('editing') })
    expect(written).toMatchObject({ ok: true, value: { state: 'editing', cancel_requested_by: 'ada' } })
    await elsewhere.write(run.id, lease, { command: { type: 'return_to_queue', reason: 'worker_gave_back' } })
    const late = await store.write(run.id, lease, { command: advance('verifying') })
    expect(late).toMatchObject({ ok: false, refusal: { code: 'lease_lost' } })
    expect(await defects(A)).toEqual([])
  })
})

describe('leases that are given together', () => {
  test('a thousand runs are each leased once by eight processes with four hands each', async () => {
    await flood(A, 700)
    await flood(B, 300)
    const taken: string[] = []
    const process = async () => {
      const own = createRunStores({ database: db.database, identifiers })
      const me = thisWorker()
      const hand = async () => {
        for (let won = await own.lease(me); won !== undefined; won = await own.lease(me)) taken.push(won.run.id)
      }
      await Promise.all(Array.from({ length: 4 }, hand))
    }
    await Promise.all(Array.from({ length: 8 }, process))
    // Whoever met only tenants that others were choosing from comes back.
    await process()
    expect(new Set(taken).size).toBe(taken.length)
    expect(taken).toHaveLength(1_000)
    const [row] = await db.asOwner(
      `select count(*)::integer as leased, count(distinct run_id)::integer as runs from gander.audit_event where event = 'run_leased'`,
    )
    expect(row).toEqual({ leased: 1_000, runs: 1_000 })
    expect([await defects(A), await defects(B)]).toEqual([[], []])
  })

  test('hands that ask together get what one hand after the other would: each tenant its turn, and the rest to who has more', async () => {
    await flood(A, 20)
    await flood(B, 1)
    const won = await Promise.all(Array.from({ length: 6 }, () => stores.lease(worker)))
    const tenants = won.map((each) => each?.run.tenant_id)
    expect([A, B].map((tenant) => tenants.filter((each) => each === tenant).length)).toEqual([5, 1])
    expect(await stores.of(B).lease(worker)).toBeUndefined()
  })

  test('a lease is what the domain decides: for a new run, one that came back, and one that was continued', async () => {
    const store = stores.of(A)
    const { id } = await store.submit(submission({ tenant: A }))
    const { run: returned, lease } = await runIn(store, 'editing', { tenant: A })
    await store.write(returned.id, lease, { command: { type: 'return_to_queue', reason: 'worker_gave_back' } })
    const { run: paused, lease: its } = await runIn(store, 'editing', { tenant: A })
    const pause = { type: 'pause', reason: 'requested', explanation: 'a drill' } as const
    await store.write(paused.id, its, { command: pause })
    await store.command(paused.id, { type: 'continue', by: 'ada' })
    for (const run of [id, returned.id, paused.id]) {
      const queued = (await store.load(run))?.run
      const seen = (await store.events(run, 0)).length
      const won = await store.lease(worker, run)
      if (queued === undefined || won === undefined) throw new Error('the run could not be leased')
      const decision = decide(queued, { type: 'lease', worker: worker.id })
      if (!decision.ok) throw new Error(decision.refusal.message)
      const expected: Run = decision.value.reduce(evolve, queued)
      expect(won.run).toEqual(expected)
      expect((await store.load(run))?.run).toEqual(expected)
      const [event] = await store.events(run, seen)
      expect(event).toMatchObject({ ...decision.value[0], actor_type: 'service', actor: worker.id, state: 'leased' })
    }
  })
})
