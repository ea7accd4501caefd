import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRunStores, createTenantLimits } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { LeasedRun, RunStores, TenantLimits } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { thrown } from '../support/store-answers.ts'
import { submission, thisWorker } from '../support/store-fixtures.ts'

const A = 'ten_a' as TenantId
const B = 'ten_b' as TenantId
const FLOOD = 1_000

let server: TestServer
let db: TestDatabase
let stores: RunStores
let limits: TenantLimits
const worker = thisWorker()

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  db = await server.database()
  stores = createRunStores({ database: db.database, identifiers })
  limits = createTenantLimits({ database: db.database, identifiers })
})
afterAll(() => server.stop())

const submit = (tenant: TenantId) => stores.of(tenant).submit(submission({ tenant }))

/** Many queued runs of one task, as fast as the database takes them. */
async function flood(tenant: TenantId, count: number): Promise<void> {
  const { id } = await submit(tenant)
  await db.asOwner(
    `insert into gander.run (tenant_id, id, task_id, mode, is_fix, state, version, fence, attempts, max_attempts, facts, detail)
    select tenant_id, id || '_' || n, task_id, mode, is_fix, 'queued', 1, 0, 0, max_attempts, facts, detail
    from gander.run, generate_series(2, $2::integer) n where id = $1`,
    [id, count],
  )
}

async function finish({ run, lease }: LeasedRun): Promise<void> {
  const diagnosis = { class: 'not_repaired', what: 'w', why: 'y', next: 'n' } as const
  const command = { type: 'end', state: 'failed', diagnosis, packet_sha256: null } as const
  const written = await stores.of(run.tenant_id).write(run.id, lease, { command })
  if (!written.ok) throw new Error(written.refusal.message)
}

/**
 * Two workers whose runs take one turn each. Every third turn B hands in a run; told is how many turns each of its runs
 * waited, from handing in until its lease.
 */
async function waitsOfB(turns: number): Promise<readonly number[]> {
  const since = new Map<string, number>()
  const waits: number[] = []
  let held: LeasedRun[] = []
  for (let turn = 0; turn < turns; turn++) {
    if (turn % 3 === 0 && turn < turns - 6) since.set((await submit(B)).id, turn)
    for (const done of held) await finish(done)
    held = []
    for (let hand = 0; hand < 2; hand++) {
      const won = await stores.lease(worker)
      if (won === undefined) continue
      held.push(won)
      const handed_in = since.get(won.run.id)
      if (handed_in !== undefined) waits.push(turn - handed_in)
    }
  }
  expect(waits).toHaveLength(since.size)
  return waits
}

const p95 = (waits: readonly number[]): number =>
  waits.toSorted((a, b) => a - b)[Math.ceil(waits.length * 0.95) - 1] ?? NaN

describe('tenants take turns', () => {
  test('TE-08 with a thousand runs of another tenant in the queue, a tenant waits at most twice as long as alone', async () => {
    const alone = p95(await waitsOfB(30))
    await flood(A, FLOOD)
    // A turn that is counted from its beginning is one turn long.
    expect(p95(await waitsOfB(30)) + 1).toBeLessThanOrEqual(2 * (alone + 1))
    // The flood is not locked out either: it has what the other leaves.
    const left = await db.asOwner(
      `select count(*)::integer as n from gander.run where tenant_id = '${A}' and state = 'queued'`,
    )
    expect(left[0]?.['n']).toBeLessThan(FLOOD - 20)
  })

  test('TE-08 three tenants are served one after the other, each in the order it handed in', async () => {
    const C = 'ten_c' as TenantId
    await flood(A, 20)
    const ofB = [await submit(B), await submit(B)]
    const ofC = [await submit(C), await submit(C)]
    const won: LeasedRun[] = []
    for (let lease = 0; lease < 6; lease++) won.push((await stores.lease(worker)) ?? fail())
    for (const tenant of [A, B, C]) expect(won.filter(({ run }) => run.tenant_id === tenant)).toHaveLength(2)
    const ids = (tenant: TenantId) => won.filter(({ run }) => run.tenant_id === tenant).map(({ run }) => run.id)
    expect(ids(B)).toEqual(ofB.map(({ id }) => id))
    expect(ids(C)).toEqual(ofC.map(({ id }) => id))
  })

  test('TE-08 many workers at once give no run twice and leave none, over tenants and their changing queues', async () => {
    await flood(A, 30)
    const own = await Promise.all(Array.from({ length: 10 }, () => submit(B)))
    const taken: LeasedRun[] = []
    const hand = async () => {
      for (let won = await stores.lease(worker); won !== undefined; won = await stores.lease(worker)) taken.push(won)
    }
    await Promise.all([hand(), hand(), hand(), hand(), ...Array.from({ length: 5 }, () => submit(A))])
    await hand()
    expect(new Set(taken.map(({ run }) => run.id)).size).toBe(taken.length)
    expect(taken).toHaveLength(30 + own.length + 5)
  })

  test('a run that comes back, and one that is handed in after the queue was empty, are found again', async () => {
    await submit(A)
    const won = (await stores.lease(worker)) ?? fail()
    expect(await stores.lease(worker)).toBeUndefined()
    const back = { command: { type: 'return_to_queue', reason: 'worker_gave_back' } } as const
    await stores.of(A).write(won.run.id, won.lease, back)
    expect((await stores.lease(worker))?.run.id).toBe(won.run.id)
    expect(await stores.lease(worker)).toBeUndefined()
    const later = await submit(A)
    expect((await stores.lease(worker))?.run.id).toBe(later.id)
  })

  test('the claim reads as much of a long queue as of a short one', async () => {
    const read = async () => {
      const plan = await db.asOwner(`explain (analyze, buffers, format json, timing off)
        select * from gander.run x where x.tenant_id = '${A}' and x.state = 'queued' and x.attempts < x.max_attempts
        order by x.created_at, x.id limit 1 for no key update skip locked`)
      return JSON.stringify(plan)
    }
    await flood(A, 5_000)
    await db.asOwner('analyze gander.run')
    const plan = await read()
    expect(plan).toContain('run_ready')
    expect(plan).toMatch(/"Actual Rows":1(\.0+)?,/)
    expect(plan).not.toContain('"Node Type":"Sort"')
  })
})

describe('how many runs a tenant may have in hand', () => {
  test('TE-08 holds against many workers at once, and the others go on', async () => {
    await flood(A, 10)
    await submit(B)
    await limits.setMaxRunning(A, 2, 'ada')
    const won = (await Promise.all(Array.from({ length: 8 }, () => stores.lease(worker)))).filter(
      (run) => run !== undefined,
    )
    expect(won.filter(({ run }) => run.tenant_id === A).length).toBeLessThanOrEqual(2)
    for (let lease = await stores.lease(worker); lease !== undefined; lease = await stores.lease(worker))
      won.push(lease)
    expect(won.map(({ run }) => run.tenant_id).toSorted()).toEqual([A, A, B])
    await finish(won.find(({ run }) => run.tenant_id === A) ?? fail())
    expect((await stores.lease(worker))?.run.tenant_id).toBe(A)
    expect(await stores.lease(worker)).toBeUndefined()
  })

  test('0 means none, also for a run that is named; null means no limit', async () => {
    const { id } = await submit(A)
    await limits.setMaxRunning(A, 0, 'ada')
    expect(await stores.lease(worker)).toBeUndefined()
    expect(await stores.lease(worker, id)).toBeUndefined()
    expect(await limits.maxRunning(A)).toBe(0)
    await limits.setMaxRunning(A, null, 'ada')
    expect(await limits.maxRunning(A)).toBeNull()
    expect((await stores.lease(worker, id))?.run.id).toBe(id)
    const chain = await stores.of(A).chain(A, 0, 100)
    expect(chain.filter(({ event }) => event === 'admin_override').map(({ facts }) => facts['max_running'])).toEqual([
      0,
      null,
    ])
  })

  test('what is no number of runs is refused, and nothing is changed', async () => {
    for (const wrong of [-1, 1.5, Number.NaN, 1e9])
      expect(isGanderError(await thrown(limits.setMaxRunning(A, wrong, 'ada')), 'usage')).toBe(true)
    expect(await limits.maxRunning(A)).toBeNull()
  })
})

function fail(): never {
  throw new Error('there is none')
}
