/** R5, the database: immediate restarts, backends killed at random, and answers lost after their commit. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isGanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import { checkAt } from './checker.ts'
import { openCuttingProxy } from './kit/cutting-proxy.ts'
import { isAskedToEnd, percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import { allEnded, leave, statesOf } from './kit/settle.ts'
import { openWorld, orderFor, signal, type World } from './kit/world.ts'

const WORKERS = 2
/** The share of writes whose answer is lost while nothing else is broken. */
const CUT_SHARE = 0.05

/** Restarts the database so many times under two workers and a submitter, killing backends between the restarts. */
export async function breakDatabase(restarts: number, seed = 5): Promise<Figures> {
  const world = await openWorld()
  const random = seeded(seed)
  const proxy = await openCuttingProxy(world.database_url, join(world.root, 'proxy'), random)
  try {
    const env = { DATABASE_URL: proxy.url }
    const workers = await Promise.all(Array.from({ length: WORKERS }, (_, n) => world.worker(`w${n}`, [], { env })))
    const stop = new AbortController()
    const submitting = submitUntil(world, stop.signal)
    proxy.cutting(CUT_SHARE)
    const recovered: number[] = []
    let backends = 0
    for (let n = 0; n < restarts && !isAskedToEnd(); n++) {
      for (let kills = 0; kills < 3; kills++) {
        await sleep(100 + random() * 400)
        backends += await killBackend(world)
      }
      recovered.push(await restart(world))
      await sleep(500)
    }
    proxy.cutting(0)
    stop.abort()
    const { acknowledged, retried } = await submitting
    await allEnded(world, 120_000)
    await leave(workers)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    const states = await statesOf(world)
    return {
      immediate_restarts: recovered.length,
      backends_killed: backends,
      answers_lost_after_commit: proxy.cuts(),
      acknowledged_submissions: acknowledged.length,
      submissions_tried_again: retried,
      recovery_ms_p50: percentile(recovered, 0.5),
      recovery_ms_most: Math.max(...recovered),
      states,
      violations,
    }
  } finally {
    await proxy.close()
    await world.close()
  }
}

/** Submits under keys; what fails is submitted again under the same key, as a client does. */
async function submitUntil(world: World, signal: AbortSignal) {
  const acknowledged: RunId[] = []
  let retried = 0
  for (let n = 1; !signal.aborted; n++) {
    const once = { principal_id: 'chaos', key: `key-${n}` }
    for (;;) {
      try {
        acknowledged.push((await world.platform.submit(orderFor(world.repository, n), once)).run.id)
        break
      } catch (error) {
        if (!isGanderError(error) || !error.retryable) throw error
        retried++
        await sleep(100)
      }
    }
    await sleep(400)
  }
  return { acknowledged, retried }
}

async function killBackend(world: World): Promise<number> {
  const rows = await world.sql(
    `select pg_terminate_backend(pid) from (select pid from pg_stat_activity where datname = 'gander'
      and pid <> pg_backend_pid() and application_name like 'gander%' order by random() limit 1) one`,
  )
  return rows.length
}

/** Ends the server as a crash does, and measures until a statement is answered again. */
async function restart(world: World): Promise<number> {
  const began = Date.now()
  signal(await postmaster(world.home), 'SIGQUIT')
  await sleep(50)
  await world.sql('select 1')
  return Date.now() - began
}

async function postmaster(home: string): Promise<number> {
  const folder = join(home, 'postgres')
  const file = (await readdir(folder, { recursive: true })).find((name) => name.endsWith('postmaster.pid'))
  return Number((await readFile(join(folder, file ?? ''), 'utf8')).split('\n')[0])
}

if (import.meta.main) await runAsCommand('R5 the database breaks', 3, breakDatabase)
