/** R4, a worker that is stopped past its lease and goes on: nothing it writes afterwards is accepted. */
import { createRunStore, openDatabase } from '#adapters/postgres'
import type { RunId, WorkerId } from '#domain/ids'
import type { Lease } from '#domain/run'
import type { RunStore } from '#ports'
import { identifiers } from '../support/database.ts'
import { checkAt } from './checker.ts'
import { runAsCommand, type Figures } from './kit/experiment.ts'
import { allEnded, leave, statesOf } from './kit/settle.ts'
import { openWorld, signal, waitUntil, type Actor, type World } from './kit/world.ts'

/** A lease lives ten seconds without a heartbeat, and is looked for every three. */
const TAKEN_WITHIN_MS = 45_000

/** Stops so many workers in the middle of their runs, lets others take these over, and wakes the stopped ones. */
export async function zombies(count: number): Promise<Figures> {
  const world = await openWorld()
  try {
    const acknowledged = await world.submit(count * 2)
    const sleepers = await Promise.all(Array.from({ length: count }, (_, n) => world.worker(`sleeper${n}`)))
    const held = await Promise.all(sleepers.map((sleeper) => stopInTheMiddle(world, sleeper)))
    const other = await world.worker('other')
    const began = Date.now()
    await waitUntil(async () => (await takenOver(world, held)) === held.length, TAKEN_WITHIN_MS, 500).catch(
      () => undefined,
    )
    const stopped_ms = Date.now() - began
    const taken = await takenOver(world, held)
    const stale = await staleWrites(world, held)
    for (const { pid } of sleepers) signal(pid, 'SIGCONT')
    await allEnded(world, 90_000)
    await leave([...sleepers, other])
    const ground = { kept: world.home, homes: [world.home], acknowledged, settled: true }
    const violations = await checkAt(world.database_url, ground)
    const states = await statesOf(world)
    return {
      workers_stopped: count,
      stopped_ms,
      runs_taken_over: taken,
      stale_writes_tried: stale.tried,
      stale_writes_accepted: stale.accepted,
      states,
      violations,
    }
  } finally {
    await world.close()
  }
}

interface Held {
  readonly run: RunId
  readonly lease: Lease
}

/** Stops a worker between two of its steps' beginnings; undefined where its run ended too soon. */
async function stopInTheMiddle(world: World, { pid }: Actor): Promise<Held | undefined> {
  let held: Held | undefined
  await waitUntil(
    async () => {
      const rows = await world.sql<{ id: RunId; worker: WorkerId; fence: number }>(
        "select id, worker, fence from gander.run where worker_pid = $1 and state not in ('leased', 'pr_created')",
        [pid],
      )
      const [row] = rows
      if (row === undefined) return false
      signal(pid, 'SIGSTOP')
      held = { run: row.id, lease: { worker: row.worker, fence: row.fence } }
      return true
    },
    30_000,
    20,
  ).catch(() => undefined)
  return held
}

async function takenOver(world: World, held: readonly (Held | undefined)[]): Promise<number> {
  const runs = held.flatMap((one) => (one === undefined ? [] : [one.run]))
  const [row] = await world.sql<{ n: number }>(
    'select count(*) as n from gander.run where id = any($1) and fence > 1',
    [runs],
  )
  return row?.n ?? 0
}

const WRITES_EACH = 250

/** Tries what a zombie could try, by the very store that workers write through. */
async function staleWrites(world: World, held: readonly (Held | undefined)[]) {
  const database = await openDatabase({ url: world.database_url })
  const store = createRunStore({ database, identifiers })
  let tried = 0
  let accepted = 0
  for (const one of held) {
    if (one === undefined) continue
    for (let n = 0; n < WRITES_EACH; n++) {
      tried++
      if (await isAccepted(store, one, n)) accepted++
    }
  }
  await database.close()
  return { tried, accepted }
}

async function isAccepted(store: RunStore, { run, lease }: Held, n: number): Promise<boolean> {
  switch (n % 4) {
    case 0:
      return (await store.heartbeat(run, lease)).held
    case 1:
      return (await store.beginStep(run, lease, { key: `stale:${n}`, kind: 'gate', request: {} })).ok
    case 2:
      return (await store.finishStep(run, lease, 1, { value: 'stale' })).ok
    default:
      return (
        await store.write(run, lease, { events: [{ event: 'admin_override', facts: { by: 'zombie', what: 'x' } }] })
      ).ok
  }
}

if (import.meta.main) await runAsCommand('R4 zombie workers', 2, zombies)
