import { Logger, run as runGraphile } from 'graphile-worker'
import { Pool } from 'pg'
import { PgBoss } from 'pg-boss'
import type { PgConnection } from './queue-ground.ts'

/** Jobs a second that a peer takes and finishes. */
export interface PeerRate {
  readonly what: string
  readonly each_second: number
}

const SILENT = new Logger(() => () => undefined)

/** graphile-worker on the same server, one job at a time per hand, or as its own guide tunes it: fetched and finished in batches. */
export async function graphileRate(at: PgConnection, jobs: number, hands: number, batch?: number): Promise<PeerRate> {
  const pool = new Pool({ ...at, max: hands + 2 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  let done = 0
  const from = { at: 0 }
  const all = Promise.withResolvers<void>()
  const tuned =
    batch === undefined ? {} : { localQueue: { size: batch }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  const preset = { worker: { ...tuned, concurrentJobs: hands, pollInterval: 50, logger: SILENT } }
  const task = () => {
    if (++done === jobs) all.resolve()
  }
  const first = await runGraphile({ pgPool: pool, preset, taskList: { idle: () => undefined }, noHandleSignals: true })
  await pool.query(
    `select graphile_worker.add_jobs(array(select row('work', '{}'::json, null, null, null, null, null, null)::graphile_worker.job_spec
      from generate_series(1, $1::integer)))`,
    [jobs],
  )
  await first.stop()
  from.at = performance.now()
  const runner = await runGraphile({ pgPool: pool, preset, taskList: { work: task }, noHandleSignals: true })
  await all.promise
  const each_second = (jobs * 1_000) / (performance.now() - from.at)
  await runner.stop()
  await pool.end()
  return { what: batch === undefined ? 'graphile-worker' : `graphile-worker, batches of ${batch}`, each_second }
}

/** pg-boss on the same server: fetched and completed by each hand, so many at once. */
export async function bossRate(at: PgConnection, jobs: number, hands: number, batch = 1): Promise<PeerRate> {
  const boss = new PgBoss({ ...at, max: hands, supervise: false, schedule: false })
  await boss.start()
  const queue = `work_${batch}`
  await boss.createQueue(queue)
  for (let left = jobs; left > 0; left -= 5_000)
    await boss.insert(
      queue,
      Array.from({ length: Math.min(left, 5_000) }, () => ({ data: {} })),
    )
  const hand = async () => {
    for (;;) {
      const taken = await boss.fetch(queue, { batchSize: batch })
      if (taken.length === 0) return
      await boss.complete(
        queue,
        taken.map(({ id }) => id),
      )
    }
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: hands }, hand))
  const each_second = (jobs * 1_000) / (performance.now() - from)
  await boss.stop({ graceful: false })
  return { what: batch === 1 ? 'pg-boss' : `pg-boss, batches of ${batch}`, each_second }
}
