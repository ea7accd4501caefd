import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createExchangeJournal, createRunStore, createRunStores } from '#adapters/postgres'
import { isGanderError } from '#domain/failure'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { RunStore } from '#ports'
import { asTenant } from '../support/as-tenant.ts'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { thrown } from '../support/store-answers.ts'
import { runIn, submission, thisWorker } from '../support/store-fixtures.ts'
import { catalogueDefects, rowOf, tenantTables, type TenantTable } from '../support/tenancy-catalogue.ts'

const A = 'ten_a' as TenantId
const B = 'ten_b' as TenantId

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

/** How many rows a statement met, or the code it was refused with. */
const met = (db: TestDatabase, text: string, tenant: string | null): Promise<number | string> =>
  asTenant(db.database, text, tenant).then(
    ({ rowCount }) => rowCount ?? 0,
    (error: { readonly code?: string }) => error.code ?? 'broken',
  )

describe('the schema', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await server.database()
  })

  test('TE-04 has no table, view, function or key through which a tenant could see or tell what is another’s', async () => {
    expect(await catalogueDefects((text) => db.asOwner(text))).toEqual([])
  })

  test.each([
    ['a table without protection', 'create table gander.open (tenant_id text not null)', /open is not under forced/],
    [
      'a table whose owner is not held',
      "create table gander.loose (tenant_id text not null); select gander.protect('gander.loose'); alter table gander.loose no force row level security",
      /loose is not under forced/,
    ],
    [
      'a policy that lets everything pass',
      'create policy wide on gander.task using (true)',
      /task has the policy wide, which is not on the list/,
    ],
    ['a view that runs as its owner', 'create view gander.seen as select * from gander.run', /view seen does not run/],
    ['kept rows', 'create materialized view gander.kept as select * from gander.run', /kept keeps rows/],
    [
      'a function that runs as its owner',
      "create function gander.peek() returns bigint security definer language sql as 'select count(*) from gander.run'",
      /peek runs as the owner and is not on the list/,
    ],
    ['a unique key without the tenant', 'create unique index told on gander.run (id)', /told does not hold the tenant/],
    ['a right to empty tables', 'grant truncate on gander.step to gander_app', /may truncate step/],
  ])('TE-04 fails for %s', async (_what, statement, defect) => {
    const client = new Client({ connectionString: db.owner_url })
    await client.connect()
    try {
      await client.query(`begin; ${statement}`)
      const found = await catalogueDefects(async (text) => (await client.query(text)).rows)
      expect(found.join('\n')).toMatch(defect)
    } finally {
      await client.query('rollback')
      await client.end()
    }
  })

  test('TE-04 refuses to empty or to fill a table from a file, and copies out the tenant’s own rows only', async () => {
    await createRunStore({ database: db.database, identifiers }, B).submit(submission({ tenant: B }))
    const tables = await tenantTables((text) => db.asOwner(text))
    for (const { name } of tables) {
      expect(await met(db, `truncate gander."${name}"`, A), name).toBe('42501')
      expect(await met(db, `copy gander."${name}" from stdin`, A), name).not.toBeTypeOf('number')
      expect(await met(db, `copy gander."${name}" to '/tmp/x'`, A), name).toBe('42501')
    }
    expect(await met(db, 'create table own as select * from gander.run', A)).toBe('42501')
    expect(await met(db, 'create temporary table own on commit drop as select * from gander.run', A)).toBe(0)
    expect(await met(db, 'create temporary table own on commit drop as select * from gander.run', B)).toBe(1)
  })
})

describe('every table', () => {
  let db: TestDatabase
  let tables: readonly TenantTable[]
  beforeAll(async () => {
    db = await server.database()
    tables = await tenantTables((text) => db.asOwner(text))
    // Nothing but keys and policies is to stand in the way here: no grant is missing, no check or trigger refuses.
    const checks = await db.asOwner(`select conrelid::regclass::text as table, conname from pg_constraint
      where contype in ('c', 'f') and connamespace = 'gander'::regnamespace`)
    const open = checks.map(({ table, conname }) => `alter table ${String(table)} drop constraint "${String(conname)}"`)
    open.push(...tables.map(({ name }) => `alter table gander."${name}" disable trigger user`))
    const rows = tables.flatMap((table) => [rowOf(table, A), rowOf(table, B)])
    const client = new Client({ connectionString: db.owner_url })
    await client.connect()
    await client.query(`${open.join(';')}; grant all on all tables in schema gander to gander_app;
      set session_replication_role = replica; ${rows.join(';')}`)
    await client.end()
  })

  const ofB = (table: TenantTable) =>
    db.asOwner(`select to_jsonb(t)::text as row from gander."${table.name}" t where tenant_id <> '${A}' order by 1`)

  test('TE-01 shows, changes and removes nothing of another tenant, nor takes a row in its name', async () => {
    expect(tables.length).toBeGreaterThanOrEqual(18)
    for (const table of tables) {
      const name = `gander."${table.name}"`
      const before = await ofB(table)
      expect(await met(db, `select * from ${name} where tenant_id = '${B}'`, A), table.name).toBe(0)
      expect(await met(db, `select * from ${name}`, A), `${table.name} own`).toBe(1)
      expect(await met(db, `update ${name} set tenant_id = tenant_id where tenant_id = '${B}'`, A), table.name).toBe(0)
      expect(await met(db, `delete from ${name} where tenant_id = '${B}'`, A), table.name).toBe(0)
      const given = await met(db, `update ${name} set tenant_id = '${B}' where tenant_id = '${A}'`, A)
      expect(given, `${table.name} given away`).toBeTypeOf('string')
      expect(await met(db, rowOf(table, 'ten_c'), A), `${table.name} in another's name`).toBeTypeOf('string')
      const upsert = `${rowOf(table, B)} on conflict do nothing`
      expect(await met(db, upsert, A), `${table.name} upsert`).toBeTypeOf('string')
      expect(await ofB(table), table.name).toEqual(before)
    }
  })

  test.each([
    ['no tenant', null],
    ['an empty tenant', ''],
    ['a tenant that is none', "ten_a' or 'a' = 'a"],
    ['a pattern', '%'],
  ])('TE-02 shows and takes nothing under %s', async (_what, tenant) => {
    for (const table of tables) {
      const name = `gander."${table.name}"`
      const before = await ofB(table)
      expect(await met(db, `select * from ${name}`, tenant), table.name).toBe(0)
      expect(await met(db, `update ${name} set tenant_id = tenant_id`, tenant), table.name).toBe(0)
      expect(await met(db, `delete from ${name}`, tenant), table.name).toBe(0)
      expect(await met(db, rowOf(table, 'ten_c'), tenant), table.name).toBeTypeOf('string')
      expect(await ofB(table), table.name).toEqual(before)
    }
  })

  test('TE-02 forgets the tenant with the transaction that it was set for', async () => {
    const client = await db.database.pool.connect()
    try {
      await client.query(`begin; set local gander.tenant = '${A}'`)
      await client.query('commit')
      expect((await client.query('select * from gander.task')).rowCount).toBe(0)
      expect((await client.query('select gander.tenant() as tenant')).rows).toEqual([{ tenant: null }])
    } finally {
      client.release()
    }
  })

  test('TE-05 takes the keys that another tenant has, as if nobody had them', async () => {
    for (const table of tables) {
      await db.asOwner(`delete from gander."${table.name}" where tenant_id = '${A}'`)
      expect(await met(db, rowOf(table, A), A), table.name).toBe(1)
    }
  })
})

describe('the store of a tenant', () => {
  let db: TestDatabase
  let ofA: RunStore
  let ofB: RunStore
  beforeAll(async () => {
    db = await server.database()
    const stores = createRunStores({ database: db.database, identifiers })
    ofA = stores.of(A)
    ofB = stores.of(B)
  })

  test('TE-01 knows nothing of another’s run, and cannot lease, write or stop it', async () => {
    const { run, lease } = await runIn(ofB, 'preparing', { tenant: B })
    const queued = await ofB.submit(submission({ tenant: B }))
    expect(await ofA.load(run.id)).toBeUndefined()
    expect(await ofA.events(run.id, 0)).toEqual([])
    expect(await ofA.list(B, 10)).toEqual([])
    expect(await ofA.chain(B, 0, 10)).toEqual([])
    expect(await ofA.lease(thisWorker(), queued.id)).toBeUndefined()
    expect(await ofA.lease(thisWorker())).toBeUndefined()
    expect((await ofA.heartbeat(run.id, lease)).held).toBe(false)
    const acts = [
      ofA.command(run.id, { type: 'request_cancel', by: 'mallory' }),
      ofA.write(run.id, lease, { command: { type: 'return_to_queue', reason: 'worker_gave_back' } }),
      ofA.extendBudget(run.id, { max_steps: 1 }, 'mallory'),
    ]
    for (const error of await Promise.all(acts.map(thrown))) expect(isGanderError(error, 'run_not_found')).toBe(true)
    expect((await ofB.load(run.id))?.run).toEqual(run)
    expect((await ofB.lease(thisWorker(), queued.id))?.run.id).toBe(queued.id)
  })

  test('TE-01 takes no submission and no event in another’s name, and still takes its own', async () => {
    expect(isGanderError(await thrown(ofA.submit(submission({ tenant: B }))))).toBe(true)
    const forged = `select gander.append_events('${B}', null, null, '[{"audit_id":"x","event":"admin_override"}]')`
    expect(await met(db, forged, A)).toBe('42501')
    expect((await ofA.submit(submission({ tenant: A }))).tenant_id).toBe(A)
  })

  test('TE-05 says of another’s run exactly what it says of one that there never was', async () => {
    const { run } = await runIn(ofB, 'preparing', { tenant: B })
    const nobody = identifiers.make('run')
    const said = async (id: typeof run.id) => {
      const error = (await thrown(ofA.command(id, { type: 'cancel', by: 'mallory' }))) as Error
      return error.message.replaceAll(id, 'RUN')
    }
    expect(await said(run.id)).toBe(await said(nobody))
    const refer = (id: string) => `insert into gander.pull_request_link (tenant_id, run_id, url, number, branch,
      head_commit, idempotency_key) values ('${A}', '${id}', 'u', 1, 'b', 'c', 'k')`
    expect(await met(db, refer(run.id), A)).toBe(await met(db, refer(nobody), A))
  })

  test('TE-05 names no row in the error of a key that is taken', async () => {
    const order = submission({ tenant: A })
    await ofA.submit(order)
    const error = (await thrown(ofA.submit(order))) as Error
    expect(error.message).not.toContain(order.run.id)
    expect(error.message).not.toContain(A)
  })

  test('TE-07 keeps the recorded answers of models apart under one key', async () => {
    const journal = createExchangeJournal(db)
    await journal.claim('run/1/1', 'sha', 'run', A)
    expect(await journal.claim('run/1/1', 'other', 'run', B)).toEqual({ status: 'send' })
  })

  test('TE-01 the installation’s own tenant is one like the others', async () => {
    const { run } = await runIn(ofB, 'preparing', { tenant: B })
    const local = createRunStore({ database: db.database, identifiers })
    expect(await local.load(run.id)).toBeUndefined()
    expect(await local.list(LOCAL_TENANT, 10)).toEqual([])
  })
})
