/** R2, a storm of kill -9: workers are killed at random moments and replaced, until so many kills are done. */
import type { RunId } from '#domain/ids'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkAt } from './checker.ts'
import { isAskedToEnd, percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import { allEnded, failuresOf, leave, openRuns, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, signal, type Actor, type World } from './kit/world.ts'

interface Storm {
  readonly kills: number
  readonly workers: number
  readonly seed: number
}

/** Between looks at who holds what: a kill meets a step anywhere in it. */
const LOOK_MS = 40
/** So many kills meet a worker on its way to its first run, which costs the least; the others meet one at work. */
const STARTING_SHARE = 0.5
/** So many of those die of their second run instead of their first, which costs a whole run more. */
const SECOND_RUN_SHARE = 0.15
/** Steps of a run that goes well, and a few more for one that goes on after a kill. */
const STEPS = 34

/** When a worker dies. */
type Doom =
  | { readonly kind: 'starting'; readonly after_ms: number }
  /** At a step of its first or second run, which is drawn when it begins; undefined before. */
  | { readonly kind: 'working'; readonly runs_before: 0 | 1; readonly met: Set<RunId>; at_step: number | undefined }

interface Standing {
  readonly actor: Actor
  readonly since: number
  readonly doom: Doom
}

interface Held {
  readonly pid: number
  readonly id: RunId
  readonly steps: number
}

/** A storm of so many kills; runs are submitted as long as it lasts. */
export async function storm({ kills, workers, seed }: Storm): Promise<Figures> {
  const world = await openWorld({ bundled: true })
  try {
    const random = seeded(seed)
    const start_ms = await timeOfStart(world)
    const feed = feedQueue(world, workers)
    const began = Date.now()
    const told = await rage(world, { kills, workers, random, start_ms })
    const acknowledged = await feed.stop()
    const calm = Date.now()
    await allEnded(world, 300_000)
    const ended_after_ms = Date.now() - calm
    await leave(told.standing)
    const orphans_gone_ms = await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    return {
      kills: told.done,
      kills_with_a_run_in_hand: told.in_hand,
      step_of_the_run_p50: percentile(told.at_steps, 0.5),
      workers,
      storm_seconds: Math.round((calm - began) / 1000),
      ...(await endsOf(world)),
      ended_after_ms,
      orphans_gone_ms,
      violations,
    }
  } finally {
    await world.close()
  }
}

/** What became of the runs, and how often they changed hands. */
async function endsOf(world: World) {
  const states = await statesOf(world)
  const [row] = await world.sql<{ leases: number; resumed: number }>(
    "select sum(fence) as leases, count(*) filter (where fence > 1 and state = 'completed') as resumed from gander.run",
  )
  const runs = Object.values(states).reduce((sum, n) => sum + n, 0)
  return {
    runs,
    states,
    completed_percent: Math.round(((states['completed'] ?? 0) / runs) * 1000) / 10,
    completed_after_a_kill: row?.resumed ?? 0,
    leases: row?.leases ?? 0,
    failures: await failuresOf(world),
  }
}

/** How long a worker takes to be ready here; it also leaves its compiled code to the others. */
async function timeOfStart(world: World): Promise<number> {
  const began = Date.now()
  const first = await world.worker('first')
  const ready = Date.now() - began
  await leave([first])
  return ready
}

/** Submits beside the storm, so that there is always something to be had. */
function feedQueue(world: World, workers: number) {
  const acknowledged: RunId[] = []
  const calm = new AbortController()
  const fed = (async () => {
    while (!calm.signal.aborted)
      if ((await openRuns(world)) <= workers + 2) acknowledged.push(...(await world.submit(4)))
      else await sleep(4 * LOOK_MS)
  })()
  return {
    stop: async (): Promise<readonly RunId[]> => {
      calm.abort()
      await fed
      return acknowledged
    },
  }
}

interface Rage {
  readonly kills: number
  readonly workers: number
  readonly random: () => number
  readonly start_ms: number
}

/** Kills and replaces until it is done; the workers that then stand end the work. */
async function rage(world: World, { kills, workers, random, start_ms }: Rage) {
  const begin = async (name: string): Promise<Standing> => {
    const actor = await world.start(['worker', '--name', name, '--at-once', '1'], { name })
    return { actor, since: Date.now(), doom: doomBy(random, start_ms) }
  }
  const standing = await Promise.all(Array.from({ length: workers }, (_, n) => begin(`w${n}`)))
  const at_steps: number[] = []
  let done = 0
  while (done < kills && !isAskedToEnd()) {
    const rows = await world.sql<Held>(HELD)
    for (const [at, one] of standing.entries()) {
      const held = rows.find(({ pid }) => pid === one.actor.pid)
      if (done >= kills || !isDue(one, held, random)) continue
      signal(one.actor.pid, 'SIGKILL')
      await one.actor.gone
      done++
      if (held !== undefined) at_steps.push(held.steps)
      standing[at] = await begin(one.actor.name)
    }
    await sleep(LOOK_MS)
  }
  return { done, standing: standing.map(({ actor }) => actor), in_hand: at_steps.length, at_steps }
}

const HELD = `select r.worker_pid as pid, r.id, (select count(*) from gander.step s where s.tenant_id = r.tenant_id
  and s.run_id = r.id) as steps from gander.run r where r.worker is not null`

const doomBy = (random: () => number, start_ms: number): Doom =>
  random() < STARTING_SHARE
    ? { kind: 'starting', after_ms: random() * 1.5 * start_ms }
    : { kind: 'working', runs_before: random() < SECOND_RUN_SHARE ? 1 : 0, met: new Set(), at_step: undefined }

function isDue({ since, doom, actor }: Standing, held: Held | undefined, random: () => number): boolean {
  // One that left by itself is replaced like the others.
  if (actor.child.exitCode !== null) return true
  if (doom.kind === 'starting') return Date.now() - since >= doom.after_ms
  if (held !== undefined) {
    doom.met.add(held.id)
    if (doom.met.size === doom.runs_before + 1)
      doom.at_step ??= held.steps + 1 + Math.floor(random() * Math.max(1, STEPS - held.steps))
  }
  if (doom.at_step === undefined) return false
  // A run that ended before its step came was the last all the same.
  return held === undefined || doom.met.size > doom.runs_before + 1 || held.steps >= doom.at_step
}

if (import.meta.main)
  await runAsCommand('R2 kill -9 storm', 24, (kills) => storm({ kills, workers: kills >= 200 ? 8 : 4, seed: 1 }))
