import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ensureEmbeddedServer, openDatabase } from '#adapters/postgres'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const KEPT = join(ROOT, 'node_modules/.cache/gander-tests')
const MIGRATIONS = join(ROOT, 'src/adapters/postgres/migrations')

/** Tests kill processes, never the machine: what was written to the file system is there. */
const WITHOUT_SYNC = '\nfsync = off\n'

/** Of 20 ms each. */
const STOPPING_LOOKS = 3_000

let template: Promise<string> | undefined

/**
 * Gives a new home an embedded database that is migrated and empty. It is made once for each state of the migrations and
 * copied from then on: making one takes 2.2 s of processor time, and half a hundred test files want one.
 */
export async function prepareHome(home: string): Promise<void> {
  const from = await (template ??= findTemplate())
  const to = join(home, 'postgres')
  await mkdir(to, { recursive: true, mode: 0o700 })
  await copyCluster(from, to)
}

/** What a server needs of its folder; the rest is made anew at each start. */
const copyCluster = (from: string, to: string) =>
  run('cp', ['-a', join(from, 'cluster'), join(from, 'credentials.json'), to])

async function findTemplate(): Promise<string> {
  const kept = join(KEPT, `database-${await stateOfMigrations()}`)
  if (await exists(join(kept, 'cluster'))) return kept
  await mkdir(KEPT, { recursive: true })
  const home = await mkdtemp(join(tmpdir(), 'gander-template-'))
  const aside = await mkdtemp(join(KEPT, 'making-'))
  try {
    await makeDatabase(home)
    await copyCluster(join(home, 'postgres'), aside)
    // Whoever is first made it for all.
    await rename(aside, kept).catch(async (error: unknown) => {
      if (!(await exists(join(kept, 'cluster')))) throw error
    })
  } finally {
    await rm(home, { recursive: true, force: true })
    await rm(aside, { recursive: true, force: true })
  }
  return kept
}

async function makeDatabase(home: string): Promise<void> {
  const server = await ensureEmbeddedServer({ home, dies_with_parent: true, settings: { fsync: 'off' } })
  await (await openDatabase({ home })).close()
  await server.leave()
  // Only what was shut down is whole in its files.
  const running = join(home, 'postgres/cluster/data/postmaster.pid')
  for (let looks = 0; await exists(running); looks += 1) {
    if (looks > STOPPING_LOOKS) throw new Error(`the database that others are to be copied from does not stop: ${home}`)
    await sleep(20)
  }
  await appendFile(join(home, 'postgres/cluster/data/postgresql.conf'), WITHOUT_SYNC)
}

/** Whatever decides what such a database holds and who may read its files. */
async function stateOfMigrations(): Promise<string> {
  const hash = createHash('sha256').update(
    `${process.getuid?.() ?? 0} ${process.platform}-${process.arch}${WITHOUT_SYNC}`,
  )
  hash.update(await readFile(join(ROOT, 'package-lock.json')))
  for (const name of (await readdir(MIGRATIONS)).sort())
    hash.update(name).update(await readFile(join(MIGRATIONS, name)))
  return hash.digest('hex').slice(0, 24)
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
