/** R10, storage: the artifact store's disk is full, and then read-only, in the middle of runs; needs root to mount it. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { RunId } from '#domain/ids'
import { checkAt } from './checker.ts'
import type { Violation } from './checker/ground.ts'
import { runAsCommand, type Figures } from './kit/experiment.ts'
import { failuresOf, leave, openRuns, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, waitUntil, type World } from './kit/world.ts'

const run = promisify(execFile)

/** Room for a run and a half. */
const SMALL = 'size=64k'
const LARGE = 'size=64m'

/** Lets so many runs meet a store that is full, and as many one that is read-only; both are mended, the runs continued. */
export async function brokenStorage(runs: number): Promise<Figures> {
  const world = await openWorld({ bundled: true })
  const folder = join(world.home, 'artifacts')
  const remount = (...options: readonly string[]) => run('mount', ['-o', ['remount', ...options].join(','), folder])
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await run('mount', ['-t', 'tmpfs', '-o', `${SMALL},mode=0700`, 'tmpfs', folder])
  try {
    const worker = await world.worker('one')
    const acknowledged = [...(await world.submit(runs))]
    const full = await untilStopped(world, acknowledged)
    await remount(LARGE)
    await untilDone(world)
    await remount(LARGE, 'ro')
    const others = await world.submit(runs)
    acknowledged.push(...others)
    const unwritable = await untilStopped(world, others)
    await remount(LARGE, 'rw')
    await untilDone(world)
    await leave([worker])
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    return {
      runs: acknowledged.length,
      stopped_by_a_full_disk: full.stopped,
      stopped_by_a_read_only_disk: unwritable.stopped,
      reasons: [...new Set([...full.reasons, ...unwritable.reasons])].join(', '),
      states: await statesOf(world),
      failures: await failuresOf(world),
      violations: [...full.violations, ...unwritable.violations, ...(await checkAt(world.database_url, ground))],
    }
  } finally {
    await run('umount', ['--lazy', folder])
    await world.close()
  }
}

interface Stopped {
  readonly stopped: number
  readonly reasons: readonly string[]
  readonly violations: readonly Violation[]
}

/** Waits until each run has ended or waits for a person; what is on record then has to be whole. */
async function untilStopped(world: World, runs: readonly RunId[]): Promise<Stopped> {
  const rests = async () =>
    (
      await world.sql(
        `select 1 from gander.run where id = any($1)
          and state not in ('completed', 'failed', 'needs_human', 'cancelled', 'blocked_policy', 'paused')`,
        [runs],
      )
    ).length === 0
  await waitUntil(rests, 300_000, 200)
  const rows = await world.sql<{ state: string; reason: string | null }>(
    "select state, detail ->> 'reason' as reason from gander.run where id = any($1) and state <> 'completed'",
    [runs],
  )
  const ground = { kept: world.home, homes: [world.home], acknowledged: runs, settled: false }
  return {
    stopped: rows.length,
    reasons: rows.map(({ state, reason }) => `${state} ${reason ?? ''}`.trim()),
    violations: await checkAt(world.database_url, ground),
  }
}

/** Continues what waits, as its operator does once there is room. */
async function untilDone(world: World): Promise<void> {
  while ((await openRuns(world)) > 0) {
    for (const { id } of await world.sql<{ id: RunId }>("select id from gander.run where state = 'paused'"))
      await world.platform.continue(id, {}, 'chaos', {})
    await sleep(300)
  }
}

if (import.meta.main) await runAsCommand('R10 broken storage', 4, brokenStorage)
