import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createGuestBudget, createRunStore, createScopeBudgets } from '#adapters/postgres'
import { LOCAL_TENANT } from '#domain/ids'
import { verifyChain } from '#evidence-plane/ledger'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { leased, submission, thisWorker } from '../../support/store-fixtures.ts'

let server: TestServer
let db: TestDatabase

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  db = await server.database()
})

const ground = () => {
  const { database } = db
  const store = createRunStore({ database, identifiers })
  return { store, budgets: createScopeBudgets({ database, identifiers }), guests: createGuestBudget({ database }) }
}
type Store = ReturnType<typeof ground>['store']
type Held = Awaited<ReturnType<typeof leased>>

const begin = (store: Store, { run, lease }: Held, key: string, reserve_usd: number) =>
  store.beginStep(run.id, lease, { key, kind: 'model_call', request: { key }, reserve_usd })
const finish = (store: Store, { run, lease }: Held, n: number, cost_usd: number) =>
  store.finishStep(run.id, lease, n, { value: 'done', cost_usd })
const today = () => new Date().toISOString().slice(0, 10)
const TENANT = { kind: 'tenant', subject: '' } as const

describe('budgets over many runs', () => {
  test('of fifty calls of ten runs that race for the last unit one is reserved', async () => {
    const { store, budgets } = ground()
    await budgets.setLimit(LOCAL_TENANT, TENANT, 0.1, 'ada')
    const runs = await Promise.all(Array.from({ length: 10 }, () => leased(store)))
    const calls = Array.from({ length: 50 }, (_, n) => begin(store, runs[n % 10] as Held, `model:${n}`, 0.06))
    const answers = await Promise.all(calls)
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    const refusals = answers.filter((answer) => !answer.ok).map((answer) => answer.refusal)
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['budget_exhausted']))
    expect(refusals[0]).toMatchObject({ verdict: { budget: 'cost', limit: 0.1, scope: TENANT } })
    const [tenant] = (await budgets.list(LOCAL_TENANT)).filter(({ kind }) => kind === 'tenant')
    expect(tenant).toMatchObject({ cost_usd: 0, reserved_usd: 0.06, max_cost_usd: 0.1 })
    const [sum] = await db.asOwner('select sum(reserved_usd)::float8 as reserved from gander.budget')
    expect(sum?.['reserved']).toBe(0.06)
  })

  test('a settlement reaches the run, its class, its day and its tenant alike, and frees what it did not use', async () => {
    const { store, budgets } = ground()
    const held = await leased(store)
    const begun = await begin(store, held, 'model:1', 0.5)
    if (begun.ok) await finish(store, held, begun.value.n, 0.2)
    const standing = (await budgets.list(LOCAL_TENANT)).map(({ kind, subject, cost_usd, reserved_usd, period }) => ({
      kind,
      subject,
      cost_usd,
      reserved_usd,
      period,
    }))
    const spent = { cost_usd: 0.2, reserved_usd: 0 }
    expect(standing).toEqual([
      { kind: 'day', subject: '', ...spent, period: today() },
      { kind: 'task_class', subject: 'bug_fix', ...spent, period: '' },
      { kind: 'tenant', subject: '', ...spent, period: '' },
    ])
  })

  test.each([
    { kind: 'day', subject: '' },
    { kind: 'task_class', subject: 'bug_fix' },
    { kind: 'tenant', subject: '' },
  ] as const)('0 for $kind means none, and removing it opens again', async (scope) => {
    const { store, budgets } = ground()
    await budgets.setLimit(LOCAL_TENANT, scope, 0, 'ada')
    const held = await leased(store)
    expect(await begin(store, held, 'model:1', 0.01)).toMatchObject({ ok: false, refusal: { verdict: { scope } } })
    await budgets.setLimit(LOCAL_TENANT, scope, null, 'ada')
    expect((await begin(store, held, 'model:1', 0.01)).ok).toBe(true)
  })

  test('the budget of one class says nothing about another', async () => {
    const { store, budgets } = ground()
    await budgets.setLimit(LOCAL_TENANT, { kind: 'task_class', subject: 'documentation' }, 0, 'ada')
    expect((await begin(store, await leased(store), 'model:1', 0.01)).ok).toBe(true)
  })

  test("a campaign's budget holds its own runs and no others", async () => {
    const { store, budgets } = ground()
    await budgets.setLimit(LOCAL_TENANT, { kind: 'campaign', subject: 'cmp_1' }, 0.01, 'ada')
    const made = submission()
    const { id } = await store.submit({ ...made, task: { ...made.task, campaign_id: 'cmp_1' } })
    const inside = await store.lease(thisWorker(), id)
    if (inside === undefined) throw new Error('the run could not be leased')
    expect(await begin(store, inside, 'model:1', 0.02)).toMatchObject({
      ok: false,
      refusal: { verdict: { scope: { kind: 'campaign', subject: 'cmp_1' } } },
    })
    expect((await begin(store, await leased(store), 'model:1', 0.02)).ok).toBe(true)
  })

  test('a refused reservation leaves no step and nothing reserved anywhere', async () => {
    const { store, budgets } = ground()
    await budgets.setLimit(LOCAL_TENANT, TENANT, 0.01, 'ada')
    const held = await leased(store)
    await begin(store, held, 'model:1', 0.02)
    expect(await store.steps(held.run.id)).toEqual([])
    expect((await store.budget(held.run.id)).use.reserved_usd).toBe(0)
    expect((await budgets.list(LOCAL_TENANT)).every(({ reserved_usd }) => reserved_usd === 0)).toBe(true)
  })

  test("a guest's call is held by the same budgets", async () => {
    const { store, budgets, guests } = ground()
    await budgets.setLimit(LOCAL_TENANT, TENANT, 0.01, 'ada')
    const { run, lease } = await leased(store)
    const start = { tenant_id: LOCAL_TENANT, run_id: run.id, fence: lease.fence, key_prefix: `${run.id}/g` }
    const model = { provider: 'p', model: 'm', api: 'anthropic', url: null } as const
    const wanted = { n: 1, model, request_sha256: '', policy_version: '', worst_usd: 0.02, worst_tokens: 10 }
    const limits = { max_cost_usd: null, max_tokens: null }
    const refused = await guests.reserve(start, { ...wanted, ...limits })
    expect(refused).toEqual({ status: 'cost_exhausted', used: 0, limit: 0.01 })
    expect(await guests.reserve(start, { ...wanted, ...limits, worst_usd: 0.01 })).toMatchObject({ status: 'reserved' })
  })

  test('what was reserved before midnight is settled on a day that holds it, and no day goes below nothing', async () => {
    const { store, budgets } = ground()
    const held = await leased(store)
    const first = await begin(store, held, 'model:1', 0.3)
    // As if it had been reserved yesterday.
    await db.asOwner(`update gander.budget set reserved_day = current_date - 1`)
    await db.asOwner(`update gander.scope_use set period = (current_date - 1)::text where kind = 'day'`)
    const second = await begin(store, held, 'model:2', 0.1)
    const days = async () =>
      (await budgets.list(LOCAL_TENANT)).filter(({ kind }) => kind === 'day').map((day) => day.reserved_usd)
    expect(await days()).toEqual([0.4, 0])
    for (const begun of [first, second]) if (begun.ok) await finish(store, held, begun.value.n, 0.1)
    expect(await days()).toEqual([0, 0])
  })

  test('80, 90, 95 and 99 per cent are told once each, in a chain that verifies', async () => {
    const { store, budgets } = ground()
    await budgets.setLimit(LOCAL_TENANT, TENANT, 1, 'ada')
    const held = await leased(store, { limits: { max_cost_usd: 10 } })
    for (const [n, cost] of [0.5, 0.3, 0.05, 0.06, 0.05, 0.035].entries()) {
      const begun = await begin(store, held, `model:${n}`, cost)
      if (begun.ok) await finish(store, held, begun.value.n, cost)
    }
    const chain = await store.chain(LOCAL_TENANT, 0, 1000)
    const told = chain.filter(({ event }) => event === 'budget_warned').map(({ facts }) => facts['percent'])
    expect(told).toEqual([80, 90, 95, 99])
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    expect(await verifyChain({ store, tenant: LOCAL_TENANT, sha256 })).toMatchObject({
      defects: [],
      events: chain.length,
    })
  })

  test('what ended runs have cost is told by class and how they ended', async () => {
    const { store, budgets } = ground()
    const held = await leased(store)
    const begun = await begin(store, held, 'model:1', 0.5)
    if (begun.ok) await finish(store, held, begun.value.n, 0.2)
    await store.write(held.run.id, held.lease, { command: { type: 'cancel', by: 'ada' } })
    expect(await budgets.outcomes(LOCAL_TENANT)).toEqual([
      { task_class: 'bug_fix', outcome: 'cancelled', runs: 1, cost_usd: 0.2, cost_per_run_usd: 0.2 },
    ])
  })

  test('what is no limit or no scope is refused', async () => {
    const { budgets } = ground()
    await expect(budgets.setLimit(LOCAL_TENANT, TENANT, -1, 'ada')).rejects.toMatchObject({ code: 'usage' })
    const nameless = { kind: 'campaign', subject: '' } as const
    await expect(budgets.setLimit(LOCAL_TENANT, nameless, 1, 'ada')).rejects.toMatchObject({ code: 'usage' })
  })
})
