import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createExchangeJournal, createRunStore, createRunStores, openDatabase, type Database } from '#adapters/postgres'
import type { TenantId } from '#domain/ids'
import { identifiers } from '../../support/database.ts'
import { runIn, submission, thisWorker } from '../../support/store-fixtures.ts'

const BINARIES = '/usr/lib/postgresql/15/bin'
const MISSING = !existsSync(join(BINARIES, 'initdb'))
const UID = process.getuid?.() === 0 ? 65_534 : undefined

let folder = ''
let server: ChildProcess | undefined

const as = (name: string, args: readonly string[]) => {
  const drop = ['--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--pdeathsig', 'INT']
  const whole =
    UID === undefined ? [join(BINARIES, name), ...args] : ['setpriv', ...drop, join(BINARIES, name), ...args]
  const [command = '', ...rest] = whole
  return spawn(command, rest, { stdio: 'ignore' })
}

/** A socket address for one user and database of the server. */
const url = (user: string, database: string) => `postgres://${user}:x@/${database}?host=${encodeURIComponent(folder)}`

async function admin(statement: string, database = 'postgres'): Promise<void> {
  const client = new Client(url('boss', database))
  await client.connect()
  try {
    // One by one: a database is not created inside the transaction that several statements at once would share.
    for (const each of statement.split(';')) await client.query(each)
  } finally {
    await client.end()
  }
}

// PostgreSQL 15 is the oldest that is supported; its binaries come with the package postgresql-15 and are not everywhere.
describe.skipIf(MISSING)('a PostgreSQL 15 behind DATABASE_URL (skipped without /usr/lib/postgresql/15)', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gander-pg15-'))
    if (UID !== undefined) await chown(folder, UID, UID)
    const data = join(folder, 'data')
    await once(as('initdb', ['-D', data, '-U', 'boss', '--auth', 'trust', '--no-sync']), 'exit')
    server = as('postgres', ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'])
    await vi.waitFor(() => admin('select 1'), { timeout: 20_000 })
  })

  afterAll(async () => {
    server?.kill('SIGINT')
    if (server !== undefined) await once(server, 'exit')
    await rm(folder, { recursive: true, force: true })
  })

  /** What goes over tenants, through functions of an owner whom row-level security may hold. */
  const overTenants = async (database: Database) => {
    const stores = createRunStores({ database, identifiers })
    const tenants = ['ten_a', 'ten_b'] as TenantId[]
    for (const tenant of tenants) await stores.of(tenant).submit(submission({ tenant }))
    const won = [await stores.lease(thisWorker()), await stores.lease(thisWorker())]
    const journal = createExchangeJournal({ database })
    for (const tenant of tenants) await journal.claim(`${identifiers.make('run')}/1/1`, 'sha', 'run', tenant)
    await stores.sweep(thisWorker())
    return {
      leased: won.map((leased) => leased?.run.tenant_id ?? 'nothing').toSorted((a, b) => a.localeCompare(b)),
      abandoned: await journal.abandon(),
      shown: (await database.pool.query('select * from gander.run')).rowCount,
    }
  }
  const CROSSED = { leased: ['ten_a', 'ten_b'], abandoned: 2, shown: 0 }

  const work = async (address: string) => {
    const database = await openDatabase({ url: address })
    try {
      const store = createRunStore({ database, identifiers })
      const { run, lease } = await runIn(store, 'editing')
      await store.beginStep(run.id, lease, { key: 'k', kind: 'tool_call', request: 1 })
      const finished = await store.finishStep(run.id, lease, 1, { value: { a: 1 } })
      const who = await database.pool.query('select current_user')
      const crossing = await overTenants(database)
      return { finished: finished.ok, who: who.rows, crossing, events: (await store.events(run.id, 0)).length }
    } finally {
      await database.close()
    }
  }
  const WORKED = { finished: true, who: [{ current_user: 'gander_app' }], crossing: CROSSED, events: 7 }

  test('a user who may not create roles is refused with what to do, as long as the role is missing', async () => {
    await admin('create user plain_user; create database plain owner plain_user')
    const error = await openDatabase({ url: url('plain_user', 'plain') }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'database_role_insufficient',
      remedy: expect.stringContaining('gander_app') as string,
    })
  })

  test('a user who may create roles needs no superuser', async () => {
    await admin('create user maker createrole; create database made owner maker')
    expect(await work(url('maker', 'made'))).toEqual(WORKED)
    expect(await work(url('maker', 'made'))).toEqual(WORKED)
  })

  test('a superuser works as the application role', async () => {
    await admin('create database whole')
    expect(await work(url('boss', 'whole'))).toEqual(WORKED)
  })

  test('a user without rights works where the role was created and granted beforehand', async () => {
    await admin('grant gander_app to plain_user')
    expect(await work(url('plain_user', 'plain'))).toEqual(WORKED)
  })

  test('a user who may not make tables is refused with what to do', async () => {
    await admin('create user guest; grant gander_app to guest; create database closed')
    const error = await openDatabase({ url: url('guest', 'closed') }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'database_role_insufficient',
      remedy: expect.stringContaining('CREATE') as string,
    })
  })

  test('eight processes’ worth of first starts at once migrate once', async () => {
    await admin('create database rushed')
    const opened = await Promise.all(Array.from({ length: 8 }, () => openDatabase({ url: url('boss', 'rushed') })))
    const counted = await opened[0]?.pool.query(
      'select count(*)::integer as n, count(distinct name)::integer as names from schema_migration',
    )
    expect(counted?.rows[0]).toMatchObject({ n: counted?.rows[0].names })
    await Promise.all(opened.map((database) => database.close()))
  })

  test('a schema of a newer program is refused rather than written to', async () => {
    await admin("insert into gander.schema_migration (name) values ('9999_from_the_future')", 'rushed')
    const error = await openDatabase({ url: url('boss', 'rushed') }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('9999_from_the_future') as string,
    })
  })

  test('an application role with too many rights is refused', async () => {
    await admin('alter role gander_app superuser')
    const error = await openDatabase({ url: url('boss', 'whole') }).catch((thrown: unknown) => thrown)
    await admin('alter role gander_app nosuperuser')
    expect(error).toMatchObject({ code: 'database_role_insufficient' })
  })
})

test('an address that is none, and one where nobody listens, are said to be so', async () => {
  for (const address of ['', 'mysql://x', 'postgres://u:p@127.0.0.1:1/x', 'postgres://u@/x?host=/nowhere']) {
    const error = await openDatabase({ url: address }).catch((thrown: unknown) => thrown)
    expect(error, address).toMatchObject({ name: 'GanderError', code: 'database_unavailable' })
  }
})
