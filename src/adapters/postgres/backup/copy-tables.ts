import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { GanderError } from '#domain/failure'
import { openDatabase } from '../database/open-database.ts'
import { asOwner, named, type BackupPlace } from './owner-connection.ts'

/** A table as it was copied: how many rows, and the hash of its file. */
interface TableCopy {
  readonly table: string
  readonly rows: number
  readonly sha256: string
}

/** A database as of one moment. */
interface DatabaseCopy {
  /** RFC 3339, the database's time. */
  readonly taken_at: string
  readonly tables: readonly TableCopy[]
  /** The migrations that made the tables, with the hash of each. */
  readonly migrations: { readonly [name: string]: string | null }
}

const AT_ONCE = 500

/**
 * Copies every table into `folder` as one snapshot, a line for each row in the database's own text form, which it reads
 * back unchanged. Work goes on meanwhile.
 */
export function copyTablesOut(place: BackupPlace, folder: string): Promise<DatabaseCopy> {
  return asOwner(place, async (client) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await client.query('begin isolation level repeatable read read only')
    const { rows } = await client.query<{ at: string }>(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
    )
    const migrations = await migrationsOf(client)
    const tables: TableCopy[] = []
    for (const table of await tablesOf(client))
      tables.push(await copyOut(client, table, join(folder, `${table}.jsonl`)))
    await client.query('commit')
    return { taken_at: rows[0]?.at ?? '', tables, migrations }
  })
}

/**
 * Fills a fresh database from a copy, whole or not at all. The tables are made by this program first; they must be the
 * ones that were copied. @throws GanderError `restore_refused`, `backup_unreadable`
 */
export async function copyTablesIn(place: BackupPlace, folder: string, copy: DatabaseCopy): Promise<void> {
  // Before anything is made: what is damaged leaves nothing behind.
  for (const { table, sha256 } of copy.tables)
    if ((await hashOf(join(folder, `${table}.jsonl`))) !== sha256)
      throw unreadable(`${table}.jsonl is not what was written`)
  await (await openDatabase(place)).close()
  await asOwner(place, async (client) => {
    const own = await migrationsOf(client)
    const other = Object.keys({ ...own, ...copy.migrations }).filter((name) => own[name] !== copy.migrations[name])
    if (other.length > 0)
      throw new GanderError('restore_refused', `The backup is of another version of Gander (${other.join(', ')}).`, {
        remedy: 'Restore it with the version that made it, then upgrade.',
      })
    await client.query('begin; set local session_replication_role = replica')
    if ((await runsIn(client)) > 0)
      throw new GanderError('restore_refused', 'There are runs in the database already; a backup replaces nothing.')
    const tables = await tablesOf(client)
    await client.query(`truncate ${tables.map(named).join(', ')}`)
    for (const { table } of copy.tables) {
      if (!tables.includes(table)) throw unreadable(`there is no table ${table}`)
      await copyIn(client, table, join(folder, `${table}.jsonl`))
    }
    await setCounters(client)
    await client.query('commit')
  })
}

const unreadable = (what: string): GanderError =>
  new GanderError('backup_unreadable', `The backup is damaged: ${what}.`)

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch {
    return ''
  }
  return hash.digest('hex')
}

async function tablesOf(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_catalog.pg_class where relnamespace = 'gander'::pg_catalog.regnamespace
      and relkind = 'r' and relname <> 'schema_migration' order by relname`,
  )
  return rows.map(({ name }) => name)
}

async function migrationsOf(client: Client): Promise<{ readonly [name: string]: string | null }> {
  const { rows } = await client.query<{ name: string; sha256: string | null }>(
    'select name, sha256 from gander.schema_migration order by name',
  )
  return Object.fromEntries(rows.map(({ name, sha256 }) => [name, sha256]))
}

async function runsIn(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>('select count(*) as n from gander.run')
  return Number(rows[0]?.n ?? 0)
}

async function copyOut(client: Client, table: string, path: string): Promise<TableCopy> {
  const hash = createHash('sha256')
  let total = 0
  const file = await open(path, 'wx', 0o600)
  try {
    await client.query(`declare rows no scroll cursor for select t::text as row from ${named(table)} t`)
    for (;;) {
      const { rows } = await client.query<{ row: string }>(`fetch ${AT_ONCE} from rows`)
      if (rows.length === 0) break
      const text = rows.map(({ row }) => `${JSON.stringify(row)}\n`).join('')
      hash.update(text)
      await file.write(text)
      total += rows.length
    }
    await client.query('close rows')
    await file.sync()
  } finally {
    await file.close()
  }
  return { table, rows: total, sha256: hash.digest('hex') }
}

async function copyIn(client: Client, table: string, path: string): Promise<void> {
  let held: string[] = []
  const insert = async () => {
    if (held.length === 0) return
    await client.query(
      `insert into ${named(table)} overriding system value select r.* from unnest($1::text[]::${named(table)}[]) r`,
      [held],
    )
    held = []
  }
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    held.push(rowOf(line, table))
    if (held.length >= AT_ONCE) await insert()
  }
  await insert()
}

function rowOf(line: string, table: string): string {
  try {
    const row: unknown = JSON.parse(line)
    if (typeof row === 'string') return row
  } catch {
    // Told below.
  }
  throw unreadable(`a line of ${table}.jsonl is no row`)
}

/** Columns that count by themselves go on after what was copied. */
async function setCounters(client: Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column from pg_catalog.pg_attribute a
      join pg_catalog.pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'gander'::pg_catalog.regnamespace and c.relkind = 'r' and a.attidentity <> ''`,
  )
  for (const { table, column } of rows)
    await client.query(
      `select pg_catalog.setval(pg_catalog.pg_get_serial_sequence($1, $2), coalesce(max("${column}"), 0) + 1, false)
        from ${named(table)}`,
      [named(table), column],
    )
}
