import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientBase } from 'pg'
import { GanderError } from '#domain/failure'
import { pgCode, pgFailure } from './pg-failure.ts'

const FOLDER = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings the schema up to this program, as the schema's owner: every numbered file once and in order, each in one
 * transaction with the note that it was applied. The caller holds a lock, so that any number of processes may start at
 * once. A schema of a newer program is refused, and so is one that a file of the same name but other words has made.
 */
export async function migrate(client: ClientBase): Promise<void> {
  const names = await migrationNames()
  const applied = await appliedMigrations(client)
  const unknown = [...applied.keys()].filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw new GanderError(
      'database_unavailable',
      `The database was set up by a newer Gander (${unknown.join(', ')}).`,
      {
        remedy: 'Use the newest version of Gander that has worked with this database.',
      },
    )
  for (const name of names) {
    const migration = { name, text: await readFile(join(FOLDER, `${name}.sql`), 'utf8') }
    const hash = applied.get(name)
    if (hash === undefined) await apply(client, migration)
    else if (hash !== hashOf(migration.text)) throw madeByAnother(name)
  }
}

const madeByAnother = (name: string) =>
  new GanderError(
    'database_unavailable',
    `The database was set up by another build of Gander: ${name} has made other tables there.`,
    { remedy: 'Start afresh with another GANDER_HOME or database, or use the build that made this one.' },
  )

/** Comments and layout do not make other tables. */
const hashOf = (text: string): string =>
  createHash('sha256')
    .update(text.replaceAll(/^\s*--.*$/gm, '').replaceAll(/\s+/g, ' '))
    .digest('hex')

async function migrationNames(): Promise<readonly string[]> {
  const files = await readdir(FOLDER)
  return files
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort()
}

/** Each applied migration with the hash of what was applied; without one where a build before hashes made it. */
async function appliedMigrations(client: ClientBase): Promise<ReadonlyMap<string, string | null>> {
  try {
    const answer = await client.query<{ name: string; sha256: string | null }>(
      "select name, to_jsonb(m) ->> 'sha256' as sha256 from gander.schema_migration m order by name",
    )
    return new Map(answer.rows.map((row) => [row.name, row.sha256]))
  } catch (error) {
    if (!NOT_THERE.has(pgCode(error))) throw error
    await run(client, FIRST)
    return new Map()
  }
}

/** No such schema, no such table. */
const NOT_THERE = new Set(['3F000', '42P01'])

const FIRST = `create schema if not exists gander;
  create table gander.schema_migration (name text primary key, sha256 text, applied_at timestamptz not null default now())`

async function apply(client: ClientBase, { name, text }: { readonly name: string; readonly text: string }) {
  const values = [name, hashOf(text)].map((value) => client.escapeLiteral(value)).join(', ')
  await run(client, `begin; ${text}; insert into gander.schema_migration (name, sha256) values (${values}); commit`)
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
