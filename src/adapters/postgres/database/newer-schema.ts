import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from './open-database.ts'
import { pgFailure } from './pg-failure.ts'

/**
 * The migrations that a newer program has applied and this one does not know; empty while the schema is this program's.
 * Migrations only add, so what is in hand goes on; new work is left to the newer program.
 */
export async function newerMigrations({ pool }: Pick<Database, 'pool'>): Promise<readonly string[]> {
  const known = new Set(await readdir(join(import.meta.dirname, '..', 'migrations')))
  try {
    const applied = await pool.query<{ name: string }>('select name from gander.schema_migration order by name')
    return applied.rows.map(({ name }) => name).filter((name) => !known.has(`${name}.sql`))
  } catch (error) {
    throw pgFailure(error)
  }
}
