import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createExchangeJournal, createRunStore, holdGatewayLock } from '#adapters/postgres'
import type { ModelAnswer } from '#ports'
import { submission } from '../../support/store-fixtures.ts'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'

let server: TestServer
let db: TestDatabase

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
})
afterAll(() => server.stop())

const answer: ModelAnswer = {
  status: 'answered',
  text: 'nul \0 and \ud800',
  tool_requests: [],
  stop_reason: 'end_of_turn',
  usage: { input_tokens: 1, output_tokens: null, cached_input_tokens: null },
  reported_model: 'm',
  duration_ms: 1.5,
  exchange_sha256: 'a',
}

const ofRun = (call_key: string, run_id = 'run', tenant_id = 'ten') => ({ call_key, run_id, tenant_id })
const KEPT = { sha256: 'a'.repeat(64), bytes: 12 }

describe('the exchange journal', () => {
  test('a key is sent once, and its answer comes back as it was recorded', async () => {
    const journal = createExchangeJournal(db)
    expect(await journal.claim('run/1/1', 'sha', 'run', 'ten')).toEqual({ status: 'send' })
    await journal.record(ofRun('run/1/1'), answer, KEPT)
    expect(await journal.claim('run/1/1', 'sha', 'run', 'ten')).toEqual({ status: 'recorded', answer })
  })

  test('the same key with another request is a mismatch, before and after the answer', async () => {
    const journal = createExchangeJournal(db)
    await journal.claim('run/2/1', 'sha', 'run', 'ten')
    expect(await journal.claim('run/2/1', 'other', 'run', 'ten')).toEqual({ status: 'mismatch' })
    await journal.record(ofRun('run/2/1'), answer, KEPT)
    expect(await journal.claim('run/2/1', 'other', 'run', 'ten')).toEqual({ status: 'mismatch' })
  })

  test('of twenty claims at once one sends', async () => {
    const journal = createExchangeJournal(db)
    const claims = await Promise.all(Array.from({ length: 20 }, () => journal.claim('run/3/1', 'sha', 'run', 'ten')))
    expect(claims.filter((claim) => claim.status === 'send')).toHaveLength(1)
    expect(claims.filter((claim) => claim.status === 'unknown')).toHaveLength(19)
  })

  test('what an earlier gateway left in flight becomes unknown and stays so; what it answered stays answered', async () => {
    const fresh = await server.database()
    const journal = createExchangeJournal(fresh)
    await journal.claim('run/4/1', 'sha', 'run', 'ten')
    await journal.claim('run/5/1', 'sha', 'run', 'ten')
    await journal.record(ofRun('run/5/1'), answer, KEPT)
    expect(await journal.abandon()).toBe(1)
    expect(await journal.abandon()).toBe(0)
    await journal.record(ofRun('run/4/1'), answer, KEPT)
    expect(await journal.claim('run/4/1', 'sha', 'run', 'ten')).toEqual({ status: 'unknown' })
    expect(await journal.claim('run/5/1', 'sha', 'run', 'ten')).toEqual({ status: 'recorded', answer })
  })

  test('what was said is among what the run left behind, once, and only for a run of that tenant', async () => {
    const journal = createExchangeJournal(db)
    const { id, tenant_id } = await createRunStore({ ...db, identifiers }).submit(submission())
    const key = `${id}/7/0`
    await journal.claim(key, 'sha', id, tenant_id)
    await journal.record(ofRun(key, id, tenant_id), answer, KEPT)
    await journal.record(ofRun(key, id, tenant_id), answer, KEPT)
    await journal.record(ofRun(key, id, 'ten_other'), answer, KEPT)
    const kept = await db.asOwner('select tenant_id, kind, name, sha256, bytes::integer from gander.artifact')
    expect(kept).toEqual([{ tenant_id, kind: 'model_exchange', name: 'exchange-7-0.json', ...KEPT }])
  })

  test('two tenants with the same key do not meet', async () => {
    const journal = createExchangeJournal(db)
    await journal.claim('run/6/1', 'sha', 'run', 'ten_a')
    expect(await journal.claim('run/6/1', 'other', 'run', 'ten_b')).toEqual({ status: 'send' })
  })
})

describe('the gateway lock', () => {
  test('one holds it, the next is refused, and after the release it is free', async () => {
    const first = await holdGatewayLock(db.database)
    expect(first).toBeDefined()
    expect(await holdGatewayLock(db.database)).toBeUndefined()
    await first?.release()
    const second = await holdGatewayLock(db.database)
    expect(second).toBeDefined()
    await second?.release()
  })

  test('another database has a lock of its own, and a broken connection says that the lock is lost', async () => {
    const first = await holdGatewayLock(db.database)
    const other = await holdGatewayLock((await server.database()).database)
    expect(other).toBeDefined()
    await other?.release()
    await db.asOwner(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    )
    await first?.lost
    const second = await holdGatewayLock(db.database)
    expect(second).toBeDefined()
    await second?.release()
  })
})

test('a store works again by itself after every connection was cut', async () => {
  const store = createRunStore({ database: db.database, identifiers })
  await store.load(identifiers.make('run'))
  await db.asOwner(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await store.load(identifiers.make('run'))).toBeUndefined()
})
