import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRunStore, createSwitches, openDatabase, type Database } from '#adapters/postgres'
import { GANDER_ERRORS } from '#domain/failure'
import type { SwitchAction, SwitchScope } from '#domain/kill-switch'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import type { Controls, RunStore, RunView, Switches } from '#ports'
import { openWorld, orderFor, waitUntil, type World } from '../chaos/kit/world.ts'
import { identifiers } from '../support/database.ts'
import { endlessWork, isAlive } from '../support/kill-switch/marked-work.ts'
import { submission, thisWorker } from '../support/store-fixtures.ts'
import { onThisMachine } from '../support/machine-time.ts'

let world: World
let database: Database
let store: RunStore
let switches: Switches
let controls: Controls

beforeAll(async () => {
  world = await openWorld()
  database = await openDatabase({ url: world.database_url })
  store = createRunStore({ database, identifiers })
  switches = createSwitches({ database, identifiers })
  if (world.platform.controls === undefined) throw new Error('the platform offers no controls')
  controls = world.platform.controls
})
afterAll(async () => {
  await database.close()
  await world.close()
})

const here = (): SwitchScope => ({ level: 'repository', tenant_id: LOCAL_TENANT, repository: world.repository })
const EVERYTHING: SwitchScope = { level: 'global' }
const TENANT: SwitchScope = { level: 'tenant', tenant_id: LOCAL_TENANT }

/** Throws a switch for the time of some work; what it stopped is lifted whatever becomes of that. */
async function whileStopped<Value>(scope: SwitchScope, actions: readonly SwitchAction[], work: () => Promise<Value>) {
  await controls.switches.stop(scope, actions, 'ada', 'a drill')
  try {
    return await work()
  } finally {
    await controls.switches.resume(scope, [], 'ada', 'it is over')
    await world.sql('update gander.resume_pace set until = clock_timestamp()')
  }
}

let marker = 1000
const working = async (): Promise<{ readonly id: RunId; readonly mark: number; readonly ended: Promise<RunView> }> => {
  const mark = marker++
  const { run } = await world.platform.submit(orderFor(world.repository, mark, { agent: endlessWork(mark) }))
  const ended = world.platform.work(run.id)
  await waitUntil(() => isAlive(mark), 100_000, 200)
  return { id: run.id, mark, ended }
}

describe('KI-01 a kill switch', () => {
  test('KI-01 stops admission in its own scope only, and says who stopped it', async () => {
    const order = orderFor(world.repository, 1)
    await whileStopped(here(), ['no_new_runs'], async () => {
      const refused = world.platform.submit(order)
      await expect(refused).rejects.toMatchObject({
        code: 'stopped',
        message: expect.stringContaining('ada') as string,
      })
    })
    await whileStopped({ ...here(), repository: '/srv/other' } as SwitchScope, ['no_new_runs'], async () => {
      const { run } = await world.platform.submit(order)
      await world.platform.cancel(run.id, 'ada')
    })
  })

  test.each<[SwitchScope, SwitchAction]>([
    [EVERYTHING, 'cancel_running_runs'],
    [TENANT, 'no_new_runs'],
    [{ level: 'campaign', tenant_id: LOCAL_TENANT, campaign_id: 'cmp_1' }, 'pause_waves'],
    [{ level: 'repository', tenant_id: LOCAL_TENANT, repository: '/srv/repo' }, 'block_repository'],
    [{ level: 'capability', tenant_id: LOCAL_TENANT, capability: 'bug_fix' }, 'no_new_runs'],
  ])('KI-01 keeps what is queued under %j from being leased, and lets it be leased again', async (scope, action) => {
    const made = submission()
    const { id } = await store.submit({ ...made, task: { ...made.task, campaign_id: 'cmp_1' } })
    await whileStopped(scope, [action], async () => {
      expect(await store.lease(thisWorker(), id)).toBeUndefined()
      expect(await store.lease(thisWorker())).toBeUndefined()
    })
    const won = await store.lease(thisWorker(), id)
    expect(won?.run.attempts).toBe(1)
    if (won !== undefined) await store.write(id, won.lease, { command: { type: 'cancel', by: 'ada' } })
  })

  test('KI-01 ends a run in the middle of a command within two seconds and its sandbox within five, work kept', async () => {
    const { id, mark, ended } = await working()
    const view = await whileStopped(here(), ['cancel_running_runs'], async () => {
      const from = Date.now()
      await waitUntil(async () => (await store.load(id))?.run.state === 'cancelled', onThisMachine(5_000), 20)
      const cancelled_ms = Date.now() - from
      await waitUntil(async () => !(await isAlive(mark)), onThisMachine(5_000), 20)
      expect(cancelled_ms).toBeLessThan(onThisMachine(2_000))
      expect(Date.now() - from).toBeLessThan(onThisMachine(5_000))
      return ended
    })
    expect(view.run).toMatchObject({ state: 'cancelled', by: expect.stringMatching(/^ada, .*a drill$/) as string })
    expect(view.steps.length).toBeGreaterThan(0)
  })

  test('KI-01 leaves runs of another repository alone', async () => {
    const { id, mark, ended } = await working()
    await whileStopped({ ...here(), repository: '/srv/other' } as SwitchScope, ['cancel_running_runs'], async () => {
      await new Promise((settle) => setTimeout(settle, 1_200))
      expect(await isAlive(mark)).toBe(true)
      expect((await store.load(id))?.run.state).not.toBe('cancelled')
    })
    await world.platform.cancel(id, 'ada')
    expect((await ended).run.state).toBe('cancelled')
  })

  test('KI-01 lets nothing be published, and afterwards it is published once', async () => {
    const { run } = await world.platform.submit(orderFor(world.repository, 2))
    const waiting = await whileStopped(TENANT, ['no_pull_requests'], () => world.platform.work(run.id))
    expect(waiting.run).toMatchObject({
      state: 'paused',
      explanation: expect.stringContaining('no_pull_requests') as string,
    })
    expect(waiting.pull_request).toBeUndefined()
    const opened = async () =>
      (await store.events(run.id, 0)).filter(({ event }) => event === 'branch_pushed' || event === 'pr_opened')
    expect(await opened()).toEqual([])
    await world.platform.continue(run.id, {}, 'ada', {})
    expect((await world.platform.work(run.id)).run.state).toBe('completed')
    expect((await opened()).map(({ event }) => event)).toEqual(['branch_pushed', 'pr_opened'])
  })

  test('KI-01 takes no yes to an approval of a run that is stopped', async () => {
    const { run } = await world.platform.submit(orderFor(world.repository, 3))
    await whileStopped(here(), ['cancel_running_runs'], async () => {
      const yes = world.platform.decideApproval(run.id, { decision: 'approved', by: 'ada', reason: '' }, {})
      await expect(yes).rejects.toMatchObject({ code: 'stopped' })
    })
    await world.platform.cancel(run.id, 'ada')
  })
})

describe('KI-03 a state that nobody can tell', () => {
  test('KI-03 a switch whose row is gone stops leases, and a row that is there is never removed', async () => {
    const made = submission()
    const { id } = await store.submit(made)
    const capability: SwitchScope = { level: 'capability', tenant_id: LOCAL_TENANT, capability: 'never_used' }
    await switches.stop(capability, ['no_new_runs'], 'ada', '')
    await expect(world.sql("delete from gander.kill_switch where level = 'capability'")).rejects.toThrow(
      'never removed',
    )
    const [{ moves } = { moves: 0 }] = await world.sql<{ moves: number }>('select moves from gander.kill_switch_moves')
    await world.sql('update gander.kill_switch_moves set moves = moves + 1')
    expect(await store.lease(thisWorker(), id)).toBeUndefined()
    await world.sql('update gander.kill_switch_moves set moves = moves - 1')
    expect(moves).toBeGreaterThan(0)
    const won = await store.lease(thisWorker(), id)
    expect(won).toBeDefined()
    if (won !== undefined) await store.write(id, won.lease, { command: { type: 'cancel', by: 'ada' } })
  })
})

describe('KI-04 after a stop', () => {
  test('KI-04 what was queued is leased once each, at no more than five a second', async () => {
    const queued = await Promise.all(Array.from({ length: 14 }, () => store.submit(submission())))
    await controls.switches.stop(TENANT, ['no_new_runs'], 'ada', '')
    await controls.switches.resume(TENANT, [], 'ada', '')
    const leased: { readonly id: string; readonly at: number }[] = []
    const until = Date.now() + 2_000
    const worker = thisWorker()
    const hand = async () => {
      while (Date.now() < until) {
        const won = await store.lease(worker)
        if (won !== undefined) leased.push({ id: won.run.id, at: Date.now() })
      }
    }
    await Promise.all([hand(), hand(), hand()])
    const rows = await world.sql<{ second: string; n: number }>(
      `select date_trunc('second', created_at)::text as second, count(*)::integer as n from gander.audit_event
       where event = 'run_leased' and run_id = any($1) group by 1`,
      [queued.map(({ id }) => id)],
    )
    expect(Math.max(...rows.map(({ n }) => n))).toBeLessThanOrEqual(5)
    expect(leased.length).toBeGreaterThan(0)
    expect(new Set(leased.map(({ id }) => id)).size).toBe(leased.length)
    await world.sql('update gander.resume_pace set until = clock_timestamp()')
    for (const { id } of queued) await store.command(id, { type: 'request_cancel', by: 'ada' })
  })

  test('KI-04 a run that a switch ended stays ended', async () => {
    const { id, ended } = await working()
    await whileStopped(here(), ['cancel_running_runs'], () => ended)
    expect(await store.lease(thisWorker(), id)).toBeUndefined()
    expect((await store.load(id))?.run.state).toBe('cancelled')
  })
})

test('a stop has an exit code of its own and a remedy', () => {
  expect(GANDER_ERRORS.stopped).toMatchObject({ exit: 4 })
})
