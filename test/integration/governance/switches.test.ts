import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGovernance, createRunStore, createSwitches } from '#adapters/postgres'
import { createSwitchBoard } from '#control-plane/kill-switch'
import { questionOf, stopFor } from '#domain/kill-switch'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { leased, submission, thisWorker } from '../../support/store-fixtures.ts'

let server: TestServer
let db: TestDatabase

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

async function ground() {
  db = await server.database()
  const { database } = db
  const switches = createSwitches({ database, identifiers })
  const store = createRunStore({ database, identifiers })
  const governance = createGovernance({ database, identifiers, storeOf: () => store })
  return { switches, store, governance, database }
}

const global = { level: 'global' } as const
const tenant = { level: 'tenant', tenant_id: LOCAL_TENANT } as const
const OTHER = 'ten_other' as TenantId

describe('switches on record', () => {
  test('a move is told to every tenant when it is over everything, and to its own otherwise', async () => {
    const { switches } = await ground()
    await switches.stop(global, ['no_pull_requests'], 'ada', 'drill')
    await switches.stop(tenant, ['no_new_runs'], 'ada', 'drill')
    const [own, other] = await Promise.all([switches.read(LOCAL_TENANT), switches.read(OTHER)])
    expect(own.switches.map(({ scope }) => scope.level)).toEqual(['global', 'tenant'])
    expect(other.switches.map(({ scope }) => scope.level)).toEqual(['global'])
    expect([own.moves, other.moves]).toEqual([2, 1])
    const events = await db.asOwner("select tenant_id, event from gander.audit_event where event like 'kill_switch%'")
    expect(events).toHaveLength(2)
  })

  test('the epoch of a scope grows by one with each move and by nothing else', async () => {
    const { switches } = await ground()
    await switches.stop(tenant, ['no_new_runs'], 'ada', 'one')
    const back = await switches.resume(tenant, [], 'ada', 'two')
    expect([back.epoch, back.actions]).toEqual([2, []])
    await expect(db.asOwner('update gander.kill_switch set epoch = epoch + 2')).rejects.toThrow('grows by one')
  })

  test('fifty moves of one scope at once leave fifty epochs', async () => {
    const { switches } = await ground()
    const moves = Array.from({ length: 50 }, (_, n) =>
      n % 2 === 0 ? switches.stop(tenant, ['no_new_runs'], 'ada', '') : switches.resume(tenant, [], 'ada', ''),
    )
    const epochs = (await Promise.all(moves)).map(({ epoch }) => epoch)
    expect(epochs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })
})

describe('leasing', () => {
  test('a stopped repository is passed over and what is queued behind it is leased', async () => {
    const { switches, store } = await ground()
    const stopped = submission()
    await store.submit(stopped)
    const free = submission()
    const { id } = await store.submit({ ...free, task: { ...free.task, repository: '/srv/other' } })
    await switches.stop(
      { level: 'repository', tenant_id: LOCAL_TENANT, repository: '/srv/repo' },
      ['block_repository'],
      'ada',
      'leak',
    )
    expect((await store.lease(thisWorker()))?.run.id).toBe(id)
    expect(await store.lease(thisWorker())).toBeUndefined()
    expect(await store.lease(thisWorker(), stopped.run.id)).toBeUndefined()
    expect((await store.load(stopped.run.id))?.run).toMatchObject({ state: 'queued', attempts: 0 })
  })

  test('what a queue leases past a switch is refused where the lease is written', async () => {
    const { switches, store } = await ground()
    const { id } = await store.submit(submission())
    await switches.stop(tenant, ['no_new_runs'], 'ada', '')
    const lease = db.asOwner(
      `update gander.run set state = 'leased', version = 2, fence = 1, worker = 'w', worker_host = 'h', worker_boot_id = 'b',
        worker_pid = 1, worker_started_at = '1', lease_expires_at = now() where id = $1`,
      [id],
    )
    await expect(lease).rejects.toMatchObject({ code: 'GAK01' })
  })

  test('a paused scheduler leases nothing, takes runs in, and leaves those in hand alone', async () => {
    const { governance, store } = await ground()
    const held = await leased(store)
    await governance.pauseScheduler(LOCAL_TENANT, 'ada', 'deploy')
    await store.submit(submission())
    expect(await store.lease(thisWorker())).toBeUndefined()
    expect(await store.heartbeat(held.run.id, held.lease)).toMatchObject({ held: true })
    expect(await governance.schedulerPauses(LOCAL_TENANT)).toMatchObject([{ paused_by: 'ada', reason: 'deploy' }])
    expect(await governance.resumeScheduler(LOCAL_TENANT, 'ada', 'done')).toBe(true)
    expect(await store.lease(thisWorker())).toBeDefined()
  })

  test('a revoked lease sends the run back, and the next one has a higher fence', async () => {
    const { governance, store } = await ground()
    const held = await leased(store)
    await governance.revokeLease(LOCAL_TENANT, held.run.id, 'ada', 'stuck')
    const refused = await store.write(held.run.id, held.lease, { events: [] })
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'lease_lost' } })
    const next = await store.lease(thisWorker(), held.run.id)
    expect(next?.lease.fence).toBeGreaterThan(held.lease.fence)
    await expect(governance.revokeLease(LOCAL_TENANT, submission().run.id, 'ada', '')).rejects.toMatchObject({
      code: 'run_not_found',
    })
  })
})

describe('the board', () => {
  test('a move is seen at once through the hint, and a question of another repository is not concerned', async () => {
    const { switches } = await ground()
    const board = createSwitchBoard({ switches, clock: Date })
    const question = questionOf(submission().task)
    expect(stopFor(await board.standing(question), 'work', question)).toBeUndefined()
    const hinted = new Promise<void>((settle) => board.onHint(settle))
    await switches.stop(
      { level: 'repository', tenant_id: LOCAL_TENANT, repository: '/srv/repo' },
      ['cancel_running_runs'],
      'ada',
      'leak',
    )
    await hinted
    expect(stopFor(await board.standing(question), 'work', question)?.by).toContain('ada')
    const other = { ...question, repository: '/srv/other' }
    expect(stopFor(await board.standing(other), 'work', other)).toBeUndefined()
    await board.close()
  })
})
