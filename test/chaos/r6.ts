/** R6, partitions: workers on hosts of their own, each cut off in the middle of a run and let back later. */
import type { RunId } from '#domain/ids'
import { checkAt } from './checker.ts'
import { openCutOffHost } from './kit/cut-off-host.ts'
import { isAskedToEnd, percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { allEnded, leave, statesOf, sweepRemains } from './kit/settle.ts'
import { LONG, ownerOf, takeOver, type Standing } from './kit/take-over.ts'
import { openWorld } from './kit/world.ts'

const WORKERS = 2

/** Cuts the link of a worker with a run in hand so many times; the run has to be another's before the link is mended. */
export async function partition(cuts: number): Promise<Figures> {
  const world = await openWorld()
  const hosts = await Promise.all(Array.from({ length: WORKERS }, (_, n) => openCutOffHost(world.database_url, n)))
  try {
    const standing = await Promise.all(
      hosts.map(async (host, n): Promise<Standing> => {
        const starting = { env: { DATABASE_URL: host.database_url }, wrapper: host.wrapper }
        return { link: host, worker: await world.worker(`w${n}`, [], starting) }
      }),
    )
    const acknowledged: RunId[] = []
    const taken_over: number[] = []
    const stopped: number[] = []
    for (let n = 0; n < cuts && !isAskedToEnd(); n++) {
      const [run] = (await world.submit(1, { agent: LONG })) as [RunId]
      acknowledged.push(run)
      const figures = await takeOver(world, run, await ownerOf(world, run, standing))
      taken_over.push(figures.taken_over_ms)
      stopped.push(figures.stopped_ms)
      await allEnded(world, 120_000)
    }
    await leave(standing.map(({ worker }) => worker))
    const orphans_gone_ms = await sweepRemains(world)
    const violations = await checkAt(world.database_url, {
      kept: world.home,
      homes: [world.home],
      acknowledged,
      settled: true,
    })
    return {
      partitions: taken_over.length,
      taken_over_ms_p50: percentile(taken_over, 0.5),
      taken_over_ms_most: Math.max(...taken_over),
      cut_off_worker_stopped_ms_most: Math.max(...stopped),
      orphans_gone_ms,
      states: await statesOf(world),
      violations,
    }
  } finally {
    await world.close()
    for (const host of hosts) await host.close()
  }
}

if (import.meta.main) await runAsCommand('R6 partitions', 1, partition)
