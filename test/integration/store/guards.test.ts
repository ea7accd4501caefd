import { readdirSync } from 'node:fs'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRunStore, openDatabase } from '#adapters/postgres'
import { isActive, RUN_STATES, successors } from '#domain/run'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { asTenant } from '../../support/as-tenant.ts'
import { runIn, submission } from '../../support/store-fixtures.ts'

let server: TestServer
let db: TestDatabase

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
})
afterAll(() => server.stop())

const app = (text: string) => asTenant(db.database, text)
const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: { readonly code?: string }) => error.code,
  )
const newStore = () => createRunStore({ database: db.database, identifiers })

describe('the lifecycle in the database', () => {
  test('knows the same arrows as the domain, for every pair of states', async () => {
    for (const from of RUN_STATES) {
      const rows = await db.asOwner('select x as to, gander.run_may_become($1, x) as may from unnest($2::text[]) x', [
        from,
        RUN_STATES,
      ])
      const allowed = rows.filter((row) => row.may === true).map((row) => row.to)
      expect(new Set(allowed)).toEqual(new Set(successors(from)))
    }
  })

  test('an update takes every arrow there is and no other', async () => {
    const { id } = await newStore().submit(submission())
    const client = new Client({ connectionString: db.owner_url })
    await client.connect()
    const wrong: string[] = []
    const put = (state: string, version: string) => `update gander.run set state = '${state}', version = ${version},
      worker = ${lease(state, "'w'")}, worker_host = ${lease(state, "'h'")}, worker_boot_id = ${lease(state, "'b'")},
      worker_pid = ${lease(state, '1')}, worker_started_at = ${lease(state, "'1'")},
      lease_expires_at = ${lease(state, 'now()')} where id = '${id}'`
    for (const from of RUN_STATES)
      for (const to of RUN_STATES.filter((state) => state !== from)) {
        await client.query(`begin; set local session_replication_role = replica; ${put(from, '5')};
          set local session_replication_role = origin`)
        const answer = await refused(client.query(put(to, '6')))
        await client.query('rollback')
        if ((answer === 'accepted') !== successors(from).includes(to)) wrong.push(`${from} > ${to}: ${answer}`)
      }
    await client.end()
    expect(wrong).toEqual([])
  })

  test('a run enters as queued only, and its fence never shrinks', async () => {
    const store = newStore()
    const { run } = await runIn(store, 'preparing')
    const copy = (
      state: string,
    ) => `insert into run (tenant_id, id, task_id, mode, is_fix, state, version, fence, attempts,
      max_attempts, facts, detail) select tenant_id, id || 'x', task_id, mode, is_fix, '${state}', 1, 0, 0, 3, facts, '{}'
      from run where id = '${run.id}'`
    expect(await refused(app(copy('completed')))).toBe('23514')
    expect(await refused(app(copy('queued')))).toBe('accepted')
    expect(await refused(app(`update run set fence = fence - 1 where id = '${run.id}'`))).toBe('23514')
    expect(await refused(app(`update run set fence = fence + 1 where id = '${run.id}'`))).toBe('accepted')
  })

  test('a lease is where the run is active, whole or not at all', async () => {
    const { run } = await runIn(newStore(), 'preparing')
    expect(await refused(app(`update run set worker_pid = null where id = '${run.id}'`))).toBe('23514')
    const gone = 'worker = null, worker_host = null, worker_boot_id = null, worker_pid = null, worker_started_at = null'
    expect(await refused(app(`update run set ${gone}, lease_expires_at = null where id = '${run.id}'`))).toBe('23514')
  })
})

describe('the application role', () => {
  test('cannot change the ledger, and still reads and appends to it', async () => {
    const run = await newStore().submit(submission())
    const denied = [
      'update audit_event set actor = actor',
      'delete from audit_event',
      'truncate audit_event',
      'insert into audit_event select * from audit_event limit 0',
      "update ledger_head set hash = 'x'",
      'delete from ledger_head',
      "insert into ledger_head values ('ten_x', 1, 'x')",
    ]
    for (const statement of denied) expect(await refused(app(statement)), statement).toBe('42501')
    expect(await newStore().events(run.id, 0)).toHaveLength(2)
  })

  test('cannot alter tables, triggers, functions or roles', async () => {
    const denied = [
      'alter table run disable trigger all',
      'alter table run add column x integer',
      'drop table step',
      'drop trigger run_guarded on run',
      'create table gander.mine (x integer)',
      "create or replace function gander.run_may_become(p_from text, p_to text) returns boolean language sql as 'select true'",
      'set session_replication_role = replica',
      'alter role gander_app superuser',
      'create role mine',
    ]
    for (const statement of denied) expect(await refused(app(statement)), statement).toBe('42501')
  })

  test('deletes nothing anywhere, and is no superuser', async () => {
    const tables = await db.asOwner("select tablename from pg_tables where schemaname = 'gander'")
    for (const { tablename } of tables)
      expect(await refused(app(`delete from gander.${String(tablename)}`)), String(tablename)).toBe('42501')
    const who = await app('select current_user, rolsuper, rolbypassrls from pg_roles where rolname = current_user')
    expect(who.rows).toEqual([{ current_user: 'gander_app', rolsuper: false, rolbypassrls: false }])
  })
})

describe('the catalogue', () => {
  const OWN =
    "select oid from pg_class where relnamespace = 'gander'::regnamespace and relkind = 'r' and relname <> 'schema_migration'"

  test('every table has a tenant that is never null', async () => {
    const without = await db.asOwner(`select c.relname from pg_class c where c.oid in (${OWN}) and not exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull)`)
    expect(without).toEqual([])
    const all = await db.asOwner(`select count(*)::integer as n from (${OWN}) x`)
    expect(all[0]?.n).toBeGreaterThanOrEqual(13)
  })

  test('every unique and every foreign key holds the tenant', async () => {
    const without = await db.asOwner(`select x.key from (
        select i.indexrelid::regclass::text as key, i.indrelid as rel, i.indkey::smallint[] as columns
        from pg_index i where i.indisunique and i.indrelid in (${OWN})
        union all
        select conname, conrelid, conkey from pg_constraint where contype = 'f' and conrelid in (${OWN})
      ) x where not exists (select from pg_attribute a where a.attrelid = x.rel and a.attname = 'tenant_id' and a.attnum = any(x.columns))`)
    expect(without).toEqual([])
  })
})

describe('steps', () => {
  test('an outcome and an intent on record are refused by the database too', async () => {
    const store = newStore()
    const { run, lease } = await runIn(store, 'planning')
    await store.beginStep(run.id, lease, { key: 'a', kind: 'gate', request: 1 })
    const at = `where run_id = '${run.id}'`
    expect(await refused(app(`update step set key = 'b' ${at}`))).toBe('23514')
    expect(await refused(app(`update step set request_sha256 = 'x' ${at}`))).toBe('23514')
    expect(await refused(app(`update step set fence = fence + 1 ${at}`))).toBe('accepted')
    await store.finishStep(run.id, lease, 1, { value: 1 })
    expect(await refused(app(`update step set outcome = '2' ${at}`))).toBe('23514')
    expect(await refused(app(`update step set outcome = null, outcome_sha256 = null, outcome_at = null ${at}`))).toBe(
      '23514',
    )
    expect((await store.steps(run.id))[0]?.outcome).toBe(1)
  })
})

test('the migrations are the files, in order, each applied once', async () => {
  const rows = await db.asOwner('select name from gander.schema_migration order by applied_at, name')
  const files = readdirSync(new URL('../../../src/adapters/postgres/migrations', import.meta.url)).sort()
  expect(rows.map((row) => `${String(row.name)}.sql`)).toEqual(files)
})

test.each(["'0'", 'null'])('tables that other words of a migration have made are refused (%s)', async (hash) => {
  const { owner_url } = await server.database()
  const owner = new Client({ connectionString: owner_url })
  await owner.connect()
  await owner.query(`update gander.schema_migration set sha256 = ${hash} where name = '0003_write_path'`)
  await owner.end()
  await expect(openDatabase({ url: owner_url })).rejects.toMatchObject({
    code: 'database_unavailable',
    message: expect.stringContaining('0003_write_path') as string,
    remedy: expect.stringContaining('GANDER_HOME') as string,
  })
})

const lease = (state: string, value: string): string =>
  isActive(state as (typeof RUN_STATES)[number]) ? value : 'null'
