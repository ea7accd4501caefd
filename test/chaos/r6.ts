/** R6, partitions: workers on hosts of their own, each cut off in the middle of a run and let back later. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentChoice } from '#domain/task'
import { checkAt } from './checker.ts'
import { openCutOffHost, type CutOffHost } from './kit/cut-off-host.ts'
import { percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { allEnded, leave, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, waitUntil, type Actor, type World } from './kit/world.ts'

const WORKERS = 2
/** Two owners may not be for longer than this. */
const LONGEST_MS = 15_000
/** A run that is in hand when its worker is cut off, and would go on there for longer than a lease. */
const LONG: AgentChoice = {
  kind: 'transform',
  rule: { kind: 'command', argv: ['sh', '-c', 'sleep 15; echo "and good night" >> greeting.txt'] },
}

interface Standing {
  readonly host: CutOffHost
  readonly worker: Actor
}

/** Cuts the link of a worker with a run in hand so many times; the run has to be another's before the link is mended. */
export async function partition(cuts: number): Promise<Figures> {
  const world = await openWorld()
  const hosts = await Promise.all(Array.from({ length: WORKERS }, (_, n) => openCutOffHost(world.database_url, n)))
  try {
    const standing = await Promise.all(
      hosts.map(async (host, n): Promise<Standing> => {
        const starting = { env: { DATABASE_URL: host.database_url }, wrapper: host.wrapper }
        return { host, worker: await world.worker(`w${n}`, [], starting) }
      }),
    )
    const acknowledged: Awaited<ReturnType<World['submit']>>[number][] = []
    const taken_over: number[] = []
    const stopped: number[] = []
    for (let n = 0; n < cuts; n++) {
      acknowledged.push(...(await world.submit(1, { agent: LONG })))
      const figures = await cutOff(world, standing)
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
      partitions: cuts,
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

/** From the cut: until another worker has the run, and until nothing of it goes on at the worker that was cut off. */
async function cutOff(world: World, standing: readonly Standing[]) {
  const { owner, fence } = await ownerOf(world, standing)
  await waitUntil(() => hasCommand(owner.worker.pid), 30_000)
  await owner.host.cut()
  const began = Date.now()
  const [stopped_ms, taken_over_ms] = await Promise.all([
    since(began, async () => !(await hasCommand(owner.worker.pid))),
    since(began, async () => {
      const [row] = await world.sql<{ worker_pid: number | null; fence: number }>(
        'select worker_pid, fence from gander.run order by created_at desc limit 1',
      )
      return row !== undefined && row.fence > fence && row.worker_pid !== null && row.worker_pid !== owner.worker.pid
    }),
  ])
  await owner.host.mend()
  return { stopped_ms, taken_over_ms }
}

async function since(began: number, holds: () => Promise<boolean>): Promise<number> {
  await waitUntil(holds, 3 * LONGEST_MS, 100)
  return Date.now() - began
}

/** The worker that holds the newest run. */
async function ownerOf(world: World, standing: readonly Standing[]) {
  for (;;) {
    const [row] = await world.sql<{ worker_pid: number | null; fence: number }>(
      "select worker_pid, fence from gander.run where state = 'editing' order by created_at desc limit 1",
    )
    const owner = standing.find(({ worker }) => worker.pid === row?.worker_pid)
    if (row !== undefined && owner !== undefined) return { owner, fence: row.fence }
    await sleep(100)
  }
}

/** True while the run's long command goes on below a process. */
async function hasCommand(root: number): Promise<boolean> {
  const parents = new Map<number, number>()
  const sleeping: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]))
    if (stat.includes('(sleep)')) sleeping.push(Number(name))
  }
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && isBelow(parents.get(pid) ?? 0))
  return sleeping.some(isBelow)
}

if (import.meta.main) await runAsCommand('R6 partitions', 1, partition)
