import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRunStore } from '#adapters/postgres'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { JsonObject } from '#domain/json'
import type { RunStore } from '#ports'
import { verifyChain } from '#evidence-plane/ledger'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { leased, runIn, submission } from '../../support/store-fixtures.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

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

const verify = (tenant: TenantId = LOCAL_TENANT) =>
  verifyChain({ store: createRunStore({ database: db.database, identifiers }, tenant), tenant, sha256, page: 7 })

describe('the chain', () => {
  test('verifies over several runs and tenants, each with a chain and positions of its own', async () => {
    const other = 'ten_other' as TenantId
    for (let round = 0; round < 3; round++) {
      await runIn(store, 'editing')
      await runIn(createRunStore({ database: db.database, identifiers }, other), 'planning', { tenant: other })
    }
    for (const [tenant, events] of [
      [LOCAL_TENANT, 21],
      [other, 18],
    ] as const)
      expect(await verify(tenant)).toMatchObject({ events, defects: [] })
  })

  test('the hash of the database is the hash of the domain, whatever the facts and names are', async () => {
    const { run, lease } = await leased(store)
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\0', '\ud800', '"\\\u2028\u007f\b'),
    )
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), anyText, anyText, async (facts, actor, resource_id) => {
        const draft = {
          event: 'admin_override',
          facts: { by: actor, what: facts } as JsonObject,
          actor,
          resource_id,
          decision: 'allowed',
          request_hash: resource_id,
        } as const
        await store.write(run.id, lease, { events: [draft, draft] })
        return true
      }),
      { numRuns: 100 },
    )
    expect(await verify()).toMatchObject({ events: 203, defects: [] })
    const [last] = (await store.events(run.id, 202)).slice(-1)
    expect(last).toMatchObject({ run_seq: 203, state: 'leased' })
  })

  test('many writers at once leave one chain without a gap', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => leased(store)))
    const event = { event: 'policy_changed', facts: { from: 'a', to: 'b' } } as const
    await Promise.all(
      runs.flatMap(({ run, lease }) =>
        Array.from({ length: 10 }, () => store.write(run.id, lease, { events: [event] })),
      ),
    )
    expect(await verify()).toMatchObject({ events: 8 * 13, defects: [] })
  })

  test('an edited column, a removed row and a changed order are found, though a superuser made them', async () => {
    await runIn(store, 'pr_created')
    const head = (await verify()).head
    const defects = async () => (await verifyChain({ store, tenant: LOCAL_TENANT, sha256, known_head: head })).defects
    for (const column of ['actor', 'event', 'resource_id', 'state', 'previous_hash', 'audit_id']) {
      await db.asOwner(`update gander.audit_event set ${column} = ${column} || 'x' where seq = 5`)
      expect((await defects())[0]?.seq, column).toBe(5)
      await db.asOwner(`update gander.audit_event set ${column} = left(${column}, -1) where seq = 5`)
      expect(await defects()).toEqual([])
    }
    await db.asOwner("update gander.audit_event set created_at = created_at + interval '1 ms' where seq = 5")
    expect((await defects())[0]).toEqual({ seq: 5, kind: 'wrong_hash' })
    await db.asOwner("update gander.audit_event set created_at = created_at - interval '1 ms' where seq = 5")
    await db.asOwner('update gander.audit_event set seq = -seq where seq in (6, 7)')
    await db.asOwner('update gander.audit_event set seq = 13 + seq where seq < 0')
    expect((await defects()).length).toBeGreaterThan(0)
    await db.asOwner('update gander.audit_event set seq = seq - 13 where seq in (6, 7)')
    await db.asOwner('update gander.audit_event set seq = -seq where seq < 0')
    expect(await defects()).toEqual([])
    await db.asOwner('delete from gander.audit_event where seq = 6')
    expect(await defects()).toContainEqual({ seq: 7, kind: 'gap' })
  })

  test('a run cut out at its end is found against a head that was written down', async () => {
    await runIn(store, 'editing')
    const { head } = await verify()
    await db.asOwner('delete from gander.audit_event where seq = $1', [head.seq])
    expect(await verify()).toMatchObject({ defects: [] })
    const report = await verifyChain({ store, tenant: LOCAL_TENANT, sha256, known_head: head })
    expect(report.defects).toEqual([{ seq: head.seq, kind: 'cut' }])
  })

  test('what is refused leaves no event behind', async () => {
    const run = await store.submit(submission())
    await store.command(run.id, { type: 'continue', by: 'ada' })
    expect(await verify()).toMatchObject({ events: 2, defects: [] })
  })
})
