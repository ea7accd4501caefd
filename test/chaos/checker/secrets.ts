import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { each, type Ground, type Violation } from './ground.ts'

/** I11: what a tenant was answered names no run of another, and row security shows each tenant its own rows only. */
export async function checkTenants({ sql, responses = [] }: Ground): Promise<readonly Violation[]> {
  const runs = await sql<{ tenant_id: string; id: string }>('select tenant_id, id from gander.run')
  const told = responses.flatMap(({ tenant_id, text }) =>
    runs
      .filter((run) => run.tenant_id !== tenant_id && text.includes(run.id))
      .map((run) => `${tenant_id} was told of ${run.id}, which belongs to ${run.tenant_id}`),
  )
  const mixed = await sql<{ id: string }>(
    `select r.id from gander.run r join gander.task t on t.id = r.task_id where t.tenant_id <> r.tenant_id
      union select s.run_id from gander.step s join gander.run r on r.id = s.run_id where r.tenant_id <> s.tenant_id`,
  )
  const open = await sql<{ name: string }>(
    `select c.relname as name from pg_class c join pg_policy p on p.polrelid = c.oid
      where c.relnamespace = 'gander'::regnamespace and not (c.relrowsecurity and c.relforcerowsecurity)`,
  )
  return [
    ...each('I11', told, (what) => what),
    ...each('I11', mixed, ({ id }) => `run ${id} has rows of two tenants`),
    ...each('I11', open, ({ name }) => `row security is not in force on ${name}`),
  ]
}

/** Folders of a home that are read by people or by other programs. */
const SINKS = ['artifacts', 'forge', 'logs', 'runs']

/** I12: a canary is neither in a table nor in a file that people or programs read. */
export async function checkCanaries({ sql, kept, homes, canaries = [] }: Ground): Promise<readonly Violation[]> {
  if (canaries.length === 0) return []
  const tables = await sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'gander'::regnamespace and relkind = 'r'`,
  )
  const rows = await Promise.all(
    tables.map(async ({ name }) => {
      const found = await Promise.all(
        canaries.map((canary) =>
          sql(`select 1 from gander.${name} x where position($1 in x::text) > 0 limit 1`, [canary]),
        ),
      )
      return found.some(({ length }) => length > 0) ? [`a canary is in the table ${name}`] : []
    }),
  )
  const folders = [...new Set([kept, ...homes])].flatMap((home) => SINKS.map((name) => join(home, name)))
  const files = await Promise.all(folders.map((folder) => filesWith(folder, canaries)))
  return each('I12', [...rows.flat(), ...files.flat()], (what) => what)
}

async function filesWith(folder: string, canaries: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    if (canaries.some((canary) => bytes.includes(canary))) found.push(`a canary is in ${path}`)
  }
  return found
}
