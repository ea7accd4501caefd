/** R1, a crash at every boundary of every step: before and after the intent, and before and after the outcome is recorded. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import type { RunId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import { startScriptedModel } from '../support/scripted-model/index.ts'
import { checkAt } from './checker.ts'
import { bundledProgram, COMPILED } from './kit/bundled-program.ts'
import { CRASH_POINTS, type CrashPoint } from './kit/crashing-worker.ts'
import { isAskedToEnd, percentile, runAsCommand, type Figures } from './kit/experiment.ts'
import { LINES, modelAgent } from './kit/model-work.ts'
import { seeded } from './kit/random.ts'
import { allEnded, leave, statesOf, sweepRemains } from './kit/settle.ts'
import { openWorld, signal, waitUntil, type World } from './kit/world.ts'

/** A run of which a boundary is crashed: a command in the sandbox, or work that asks a model over the wire. */
interface Work {
  readonly wish: { readonly agent?: AgentChoice }
  readonly tree: string
  readonly steps: number
}

interface Crash {
  readonly work: Work
  readonly point: CrashPoint
  readonly number: number
}

interface Crashed {
  readonly run: RunId
  readonly crash: Crash
  readonly died: boolean
}

/** Runs that crash beside each other, and are then resumed beside each other. */
const BESIDE = 4
const SEEDS = [1, 2, 3]

/** Crashes so many boundaries of both kinds of run, drawn by the seeds; 0 crashes them all, in an order of each seed. */
export async function crashAtBoundaries(most: number, seeds: readonly number[] = SEEDS): Promise<Figures> {
  const world = await openWorld({ bundled: true })
  const model = await startScriptedModel(LINES)
  try {
    const healthy = await world.worker('healthy', ['--at-once', String(BESIDE)])
    const agent = await modelAgent(world, model)
    const works = [await goesWell(world, {}), await goesWell(world, { agent })]
    const boundaries = works.flatMap(boundariesOf)
    const crashes = seeds.flatMap((seed) => inOrderOf(boundaries, seeded(seed)))
    const chosen = most === 0 ? crashes : inOrderOf(crashes, seeded(seeds[0] ?? 1)).slice(0, most)
    const done: Crashed[] = []
    const resumed: number[] = []
    const began = Date.now()
    for (let from = 0; from < chosen.length && !isAskedToEnd(); from += BESIDE) {
      // The healthy worker sleeps while the doomed ones take their runs.
      signal(healthy.pid, 'SIGSTOP')
      const crashed = await Promise.all(chosen.slice(from, from + BESIDE).map((crash) => crashOn(world, crash)))
      signal(healthy.pid, 'SIGCONT')
      resumed.push(...(await takenUp(world, crashed)))
      await allEnded(world, 120_000)
      done.push(...crashed)
    }
    const seconds_each = (Date.now() - began) / 1000 / Math.max(1, done.length)
    await leave([healthy])
    await sweepRemains(world)
    const ground = { kept: world.home, homes: [world.home], acknowledged: done.map(({ run }) => run), settled: true }
    const violations = await checkAt(world.database_url, { ...ground, model_requests: model.requests.length })
    return {
      boundaries: boundaries.length,
      seeds: seeds.length,
      crashes: done.filter(({ died }) => died).length,
      crashes_of_runs_with_a_model: done.filter(({ died, crash }) => died && crash.work.wish.agent !== undefined)
        .length,
      seconds_each: Math.round(seconds_each * 10) / 10,
      states: await statesOf(world),
      other_trees: (await Promise.all(done.map((one) => hasOtherTree(world, one)))).filter(Boolean).length,
      resumed_ms_p50: percentile(resumed, 0.5),
      resumed_ms_most: Math.max(...resumed),
      violations,
    }
  } finally {
    await model.close()
    await world.close()
  }
}

/** A run of the kind as it goes where nothing breaks. */
async function goesWell(world: World, wish: Work['wish']): Promise<Work> {
  const [run] = await world.submit(1, wish)
  await allEnded(world, 120_000)
  const [row] = await world.sql<{ n: number }>('select count(*) as n from gander.step where run_id = $1', [run])
  return { wish, tree: await treeOf(world, run as RunId), steps: row?.n ?? 0 }
}

/** Every step of a run that went well, four times. */
const boundariesOf = (work: Work): readonly Crash[] =>
  Array.from({ length: work.steps }, (_, n) => CRASH_POINTS.map((point) => ({ work, point, number: n + 1 }))).flat()

const inOrderOf = (all: readonly Crash[], random: () => number): readonly Crash[] =>
  all
    .map((crash) => ({ crash, place: random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ crash }) => crash)

/** A worker of its own takes a run and dies on it, rather than the run having fewer steps. */
async function crashOn(world: World, crash: Crash): Promise<Crashed> {
  const [run] = (await world.submit(1, crash.work.wish)) as [RunId]
  const [program = '', ...words] = await bundledProgram('crashing-worker')
  const own = { HOME: world.root, GANDER_HOME: world.home, DATABASE_URL: world.database_url }
  const child = spawn(program, [...words, run, crash.point, String(crash.number)], {
    env: { ...process.env, ...own, NODE_COMPILE_CACHE: COMPILED },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return { run, crash, died: by === 'SIGKILL' }
}

/** Waits until each is leased again, or at rest already; gives the milliseconds that each took. */
async function takenUp(world: World, crashed: readonly Crashed[]): Promise<readonly number[]> {
  const began = Date.now()
  return Promise.all(
    crashed.map(async ({ run }) => {
      await waitUntil(() => isTakenUp(world, run), 60_000, 20)
      return Date.now() - began
    }),
  )
}

async function isTakenUp(world: World, run: RunId): Promise<boolean> {
  const [row] = await world.sql<{ state: string; fence: number }>('select state, fence from gander.run where id = $1', [
    run,
  ])
  return (row?.fence ?? 0) > 1 || row?.state === 'completed'
}

const hasOtherTree = async (world: World, { run, crash }: Crashed): Promise<boolean> =>
  (await treeOf(world, run)) !== crash.work.tree

async function treeOf(world: World, run: RunId): Promise<string> {
  const [row] = await world.sql<{ tree: string }>("select facts ->> 'tree' as tree from gander.run where id = $1", [
    run,
  ])
  return row?.tree ?? ''
}

if (import.meta.main) await runAsCommand('R1 a crash at every boundary', 12, (most) => crashAtBoundaries(most))
