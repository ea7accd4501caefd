/** R7, clocks: workers whose clock is a day ahead, a day behind, or jumps; the database's time alone decides. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { RunId } from '#domain/ids'
import { checkAt } from './checker.ts'
import type { Violation } from './checker/ground.ts'
import { isAskedToEnd, runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import type { ClockEnvironment } from './kit/shifted-clock.ts'
import { allEnded, leave, openRuns, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, signal, type World } from './kit/world.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'kit/shifted-clock.ts')).href
const CLOCKS: readonly (ClockEnvironment & { readonly name: string })[] = [
  { name: 'ahead', CHAOS_CLOCK_HOURS: '24' },
  { name: 'behind', CHAOS_CLOCK_HOURS: '-24' },
  { name: 'jumping', CHAOS_CLOCK_HOURS: '24', CHAOS_CLOCK_JUMPS: 'yes' },
]

/** Lets workers with wrong clocks work on so many runs, one of them killed for every four runs. */
export async function wrongClocks(runs: number, seed = 7): Promise<Figures> {
  const world = await openWorld({ bundled: true })
  const random = seeded(seed)
  try {
    const begin = ({ name, ...clock }: (typeof CLOCKS)[number]) =>
      world.worker(name, [], { env: { ...clock, NODE_OPTIONS: `--import=${PRELOAD}` } })
    const workers = await Promise.all(CLOCKS.map(begin))
    const acknowledged = await world.submit(runs)
    let kills = 0
    while (kills < Math.floor(runs / 4) && (await openRuns(world)) > 0 && !isAskedToEnd()) {
      await sleep(300 + random() * 700)
      const at = Math.floor(random() * CLOCKS.length)
      const [victim, clock] = [workers[at], CLOCKS[at]]
      if (victim === undefined || clock === undefined) continue
      signal(victim.pid, 'SIGKILL')
      await victim.gone
      kills++
      workers[at] = await begin(clock)
    }
    await allEnded(world, 300_000)
    await leave(workers)
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const [leases] = await world.sql<{ n: number }>('select sum(fence) as n from gander.run')
    return {
      runs,
      clocks: CLOCKS.map(({ name }) => name).join(', '),
      kills,
      leases: leases?.n ?? 0,
      states: await statesOf(world),
      violations: [
        ...(await checkAt(world.database_url, ground)),
        ...(await leasesTaken(world, kills)),
        ...(await foreignTimes(world, acknowledged)),
      ],
    }
  } finally {
    await world.close()
  }
}

/** A run changes hands because its worker was killed, never because somebody's clock says that its lease is over. */
async function leasesTaken(world: World, kills: number): Promise<readonly Violation[]> {
  const [row] = await world.sql<{ n: number }>('select sum(fence - 1) as n from gander.run')
  return (row?.n ?? 0) <= kills
    ? []
    : [{ invariant: 'I2', what: `${row?.n} runs changed hands, and ${kills} workers died` }]
}

/** What is on record has the database's time. */
async function foreignTimes(world: World, runs: readonly RunId[]): Promise<readonly Violation[]> {
  const rows = await world.sql<{ what: string }>(
    `select 'an event of ' || run_id as what from gander.audit_event
        where run_id = any($1) and abs(extract(epoch from clock_timestamp() - created_at)) > 7200
      union all select 'a step of ' || run_id from gander.step
        where run_id = any($1) and abs(extract(epoch from clock_timestamp() - intent_at)) > 7200`,
    [runs],
  )
  return rows.map(({ what }) => ({ invariant: 'I8', what: `${what} has a time of its worker` }))
}

if (import.meta.main) await runAsCommand('R7 wrong clocks', 12, wrongClocks)
