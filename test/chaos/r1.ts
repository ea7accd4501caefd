/** R1, a crash at every boundary of every step: before and after the intent, and before and after the outcome is recorded. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import type { RunId } from '#domain/ids'
import { checkAt } from './checker.ts'
import { CRASH_POINTS, type CrashPoint } from './kit/crashing-worker.ts'
import { percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import { allEnded, leave, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, signal, waitUntil, type World } from './kit/world.ts'

interface Crash {
  readonly point: CrashPoint
  readonly number: number
}

/** Crashes so many of a run's boundaries, chosen by the seed; 0 crashes them all. */
export async function crashAtBoundaries(most: number, seed = 1): Promise<Figures> {
  const world = await openWorld()
  try {
    const healthy = await world.worker('healthy')
    const [first] = await world.submit(1)
    await allEnded(world, 60_000)
    const tree = await treeOf(world, first as RunId)
    const boundaries = await boundariesOf(world)
    const crashes = most === 0 ? boundaries : chosen(boundaries, most, seeded(seed))
    const acknowledged = [first as RunId]
    const resumed: number[] = []
    let crashed = 0
    for (const crash of crashes) {
      // The healthy worker sleeps while the doomed one takes its run.
      signal(healthy.pid, 'SIGSTOP')
      const [run] = await world.submit(1)
      if (run === undefined) continue
      acknowledged.push(run)
      if (await crashOn(world, run, crash)) crashed++
      const at = Date.now()
      signal(healthy.pid, 'SIGCONT')
      await waitUntil(async () => isTakenUp(world, run), 60_000, 20)
      resumed.push(Date.now() - at)
      await allEnded(world, 60_000)
    }
    await leave([healthy])
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    const trees = await Promise.all(acknowledged.map((run) => treeOf(world, run)))
    return {
      boundaries: boundaries.length,
      crashes: crashed,
      states: await statesOf(world),
      other_trees: trees.filter((found) => found !== tree).length,
      resumed_ms_p50: percentile(resumed, 0.5),
      resumed_ms_most: Math.max(...resumed),
      violations,
    }
  } finally {
    await world.close()
  }
}

/** Every step of a run that went well, four times. */
async function boundariesOf(world: World): Promise<readonly Crash[]> {
  const [row] = await world.sql<{ n: number }>('select count(*) as n from gander.step')
  return Array.from({ length: row?.n ?? 0 }, (_, n) => CRASH_POINTS.map((point) => ({ point, number: n + 1 }))).flat()
}

function chosen(all: readonly Crash[], most: number, random: () => number): readonly Crash[] {
  return all
    .map((crash) => ({ crash, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .slice(0, most)
    .map(({ crash }) => crash)
}

/** True where the worker died by itself, rather than the run having fewer steps. */
async function crashOn(world: World, run: RunId, { point, number }: Crash): Promise<boolean> {
  const program = join(import.meta.dirname, 'kit/crashing-worker.ts')
  const words = ['--disable-warning=ExperimentalWarning', program, run, point, String(number)]
  const env = { ...process.env, HOME: world.root, GANDER_HOME: world.home, DATABASE_URL: world.database_url }
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return by === 'SIGKILL'
}

/** Leased again, or at rest already. */
async function isTakenUp(world: World, run: RunId): Promise<boolean> {
  const [row] = await world.sql<{ state: string; fence: number }>('select state, fence from gander.run where id = $1', [
    run,
  ])
  return (row?.fence ?? 0) > 1 || row?.state === 'completed'
}

async function treeOf(world: World, run: RunId): Promise<string> {
  const [row] = await world.sql<{ tree: string }>("select facts ->> 'tree' as tree from gander.run where id = $1", [
    run,
  ])
  return row?.tree ?? ''
}

if (import.meta.main) await runAsCommand('R1 a crash at every boundary', 12, crashAtBoundaries)
