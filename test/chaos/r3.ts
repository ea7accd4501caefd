/** R3, the control plane: killed again and again under submissions over HTTP, also while it migrates a new database. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { checkAt } from './checker.ts'
import { isAskedToEnd, percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { submitOverHttp } from './kit/http-submitter.ts'
import { seeded } from './kit/random.ts'
import { freePort, openWorld, saidBy, signal, waitUntil, type Actor, type World } from './kit/world.ts'

/** Kills the control plane so many times; half as many databases are left in the middle of their first migration. */
export async function killControlPlane(kills: number, seed = 3): Promise<Figures> {
  const world = await openWorld()
  const random = seeded(seed)
  try {
    const port = await freePort()
    let plane = await start(world, port)
    const stop = new AbortController()
    const submitting = submitOverHttp(world, { port, stop: stop.signal, pause_ms: 0 })
    const back: number[] = []
    for (let n = 0; n < kills && !isAskedToEnd(); n++) {
      // Each second one lives until it has acknowledged something; the others die anywhere, also in the middle of it.
      const before = submitting.acknowledged.length
      if (n % 2 === 1)
        await waitUntil(async () => submitting.acknowledged.length > before, 20_000).catch(() => undefined)
      await sleep(200 + random() * 1_300)
      signal(plane.pid, 'SIGKILL')
      await plane.gone
      const began = Date.now()
      plane = await start(world, port)
      back.push(Date.now() - began)
    }
    stop.abort()
    await submitting.ended
    const { acknowledged } = submitting
    signal(plane.pid, 'SIGTERM')
    await plane.gone
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: false }
    const violations = await checkAt(world.database_url, ground)
    const [runs] = await world.sql<{ n: number }>('select count(*) as n from gander.run')
    const migrations = await killMigrations(world, { count: isAskedToEnd() ? 1 : Math.ceil(kills / 2), random })
    return {
      kills: back.length,
      acknowledged_submissions: acknowledged.length,
      runs: runs?.n ?? 0,
      runs_beyond_their_keys: (runs?.n ?? 0) - new Set(acknowledged).size,
      submissions_tried_again: submitting.retried(),
      back_ms_p50: percentile(back, 0.5),
      back_ms_most: Math.max(...back),
      migrations_killed: migrations.killed,
      migrations_completed_afterwards: migrations.completed,
      violations,
    }
  } finally {
    await world.close()
  }
}

async function start(world: World, port: number, env: NodeJS.ProcessEnv = {}): Promise<Actor> {
  const plane = await world.start(['control-plane', '--port', String(port)], { name: 'control-plane', env })
  await saidBy(plane, /"event":"listening"/)
  return plane
}

/** New databases whose first start is killed; the next start finds whole migrations only, and completes them. */
async function killMigrations(world: World, { count, random }: { count: number; random: () => number }) {
  const folder = join(import.meta.dirname, '../../src/adapters/postgres/migrations')
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).length
  let completed = 0
  let killed = 0
  for (let n = 0; n < count; n++) {
    if (isAskedToEnd() && n > 0) break
    await world.sql(`create database migrated_${n}`)
    const env = { DATABASE_URL: world.database_url.replace('/gander?', `/migrated_${n}?`) }
    const victim = await world.start(['control-plane', '--port', '0'], { name: 'migrating', env })
    const isMigrating = async () =>
      (await world.sql('select 1 from pg_stat_activity where datname = $1', [`migrated_${n}`])).length > 0
    await waitUntil(isMigrating, 20_000, 5).catch(() => undefined)
    await sleep(random() * 250)
    signal(victim.pid, 'SIGKILL')
    await victim.gone
    killed++
    const again = await start(world, 0, env)
    const client = new Client({ connectionString: env.DATABASE_URL })
    await client.connect()
    const { rows } = await client.query<{ n: string }>('select count(*) as n from gander.schema_migration')
    await client.end()
    if (Number(rows[0]?.n) === files) completed++
    signal(again.pid, 'SIGTERM')
    await again.gone
  }
  return { killed, completed }
}

if (import.meta.main) await runAsCommand('R3 the control plane dies', 6, killControlPlane)
