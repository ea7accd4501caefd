import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientBase } from 'pg'
import { GanderError } from '#domain/failure'
import { pgCode, pgFailure } from './pg-failure.ts'

const FOLDER = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings the schema up to this program, as the schema's owner: every numbered file once and in order, each in one
 * transaction with the note that it was applied. The caller holds a lock, so that any number of processes may start at
 * once. A schema of a newer program is refused.
 */
export async function migrate(client: ClientBase): Promise<void> {
  const names = await migrationNames()
  const applied = await appliedNames(client)
  const unknown = applied.filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new GanderError(
      'database_unavailable',
      `The database was set up by a newer Gander (${unknown.join(', ')}).`,
      {
        remedy: 'Use the newest version of Gander that has worked with this database.',
      },
    )
  for (const name of names) if (!applied.includes(name)) await applyFile(client, name)
}

async function migrationNames(): Promise<readonly string[]> {
  const files = await readdir(FOLDER)
  return files
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort()
}

async function appliedNames(client: ClientBase): Promise<readonly string[]> {
  try {
    const answer = await client.query<{ name: string }>('select name from gander.schema_migration order by name')
    return answer.rows.map((row) => row.name)
  } catch (error) {
    if (!NOT_THERE.has(pgCode(error))) throw error
    await run(client, FIRST)
    return []
  }
}

/** No such schema, no such table. */
const NOT_THERE = new Set(['3F000', '42P01'])

const FIRST = `create schema if not exists gander;
  create table gander.schema_migration (name text primary key, applied_at timestamptz not null default now())`

async function applyFile(client: ClientBase, name: string): Promise<void> {
  const text = await readFile(join(FOLDER, `${name}.sql`), 'utf8')
  const note = `insert into gander.schema_migration (name) values (${client.escapeLiteral(name)})`
  await run(client, `begin; ${text}; ${note}; commit`)
}

async function run(client: ClientBase, text: string): Promise<void> {
  try {
    await client.query(text)
  } catch (error) {
    await client.query('rollback').catch(() => {})
    if (pgCode(error) !== INSUFFICIENT_PRIVILEGE) throw pgFailure(error)
    throw new GanderError('database_role_insufficient', 'The user of DATABASE_URL may not make the tables of Gander.', {
      cause: error,
      remedy: 'Grant it CREATE on the database.',
    })
  }
}

const INSUFFICIENT_PRIVILEGE = '42501'
