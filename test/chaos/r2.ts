/** R2, a storm of kill -9: workers are killed at random moments and replaced, until so many kills are done. */
import { setTimeout as sleep } from 'node:timers/promises'
import { checkAt } from './checker.ts'
import { runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import { allEnded, leave, openRuns, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, signal, type Actor, type World } from './kit/world.ts'

interface Storm {
  readonly kills: number
  readonly runs: number
  readonly workers: number
  readonly seed: number
}

/** From the look that finds a run in hand to the kill, so that it meets the run anywhere. */
const LONGEST_PAUSE_MS = 500

/** The storm in its sizes: eight workers where the machine has the room for them. */
export async function storm({ kills, runs, workers, seed }: Storm): Promise<Figures> {
  const world = await openWorld()
  try {
    const acknowledged = [...(await world.submit(runs))]
    const random = seeded(seed)
    const standing = await Promise.all(Array.from({ length: workers }, (_, n) => world.worker(`w${n}`)))
    let done = 0
    let in_hand = 0
    while (done < kills) {
      // A storm that outlasts its work gets more of it.
      if ((await openRuns(world)) <= workers) acknowledged.push(...(await world.submit(workers)))
      const victim = await victimOf(world, standing, random)
      await sleep(random() * LONGEST_PAUSE_MS)
      if (await holdsRun(world, victim)) in_hand++
      signal(victim.pid, 'SIGKILL')
      await victim.gone
      done++
      const { name } = victim
      standing[standing.indexOf(victim)] = await world.start(['worker', '--name', name, '--at-once', '1'], { name })
    }
    const calm = Date.now()
    await allEnded(world, 180_000)
    const ended_after_ms = Date.now() - calm
    await leave(standing)
    const orphans_gone_ms = await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    const [leases] = await world.sql<{ n: number }>('select sum(fence) as n from gander.run')
    const states = await statesOf(world)
    return {
      kills: done,
      kills_with_a_run_in_hand: in_hand,
      workers,
      leases: leases?.n ?? 0,
      states,
      ended_after_ms,
      orphans_gone_ms,
      violations,
    }
  } finally {
    await world.close()
  }
}

/** A worker that holds a run, where one does within a moment; any other afterwards. */
async function victimOf(world: World, standing: readonly Actor[], random: () => number): Promise<Actor> {
  for (let looks = 0; looks < 40; looks++) {
    const rows = await world.sql<{ pid: number }>('select worker_pid as pid from gander.run where worker is not null')
    const holding = standing.filter(({ pid }) => rows.some((row) => row.pid === pid))
    const chosen = holding[Math.floor(random() * holding.length)]
    if (chosen !== undefined) return chosen
    await sleep(50)
  }
  return standing[Math.floor(random() * standing.length)] as Actor
}

async function holdsRun(world: World, { pid }: Actor): Promise<boolean> {
  return (await world.sql('select 1 from gander.run where worker_pid = $1', [pid])).length > 0
}

if (import.meta.main)
  await runAsCommand('R2 kill -9 storm', 24, (kills) =>
    storm({ kills, runs: Math.max(8, Math.ceil(kills / 5)), workers: kills >= 200 ? 8 : 4, seed: 1 }),
  )
