import { checkRemains } from '../checker/remains.ts'
import { signal, waitUntil, type Actor, type World } from './world.ts'

const OPEN = `select count(*) as n from gander.run
  where state not in ('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')`

/** Runs that have not ended. */
export async function openRuns(world: Pick<World, 'sql'>): Promise<number> {
  const [row] = await world.sql<{ n: number }>(OPEN)
  return row?.n ?? 0
}

/** Waits until every run has ended; fails with what is left after the given time. */
export async function allEnded(world: Pick<World, 'sql'>, ms: number): Promise<void> {
  await waitUntil(async () => (await openRuns(world)) === 0, ms, 100).catch(async () => {
    const left = await world.sql(
      "select id, state, fence, attempts, detail::text from gander.run where state not in ('completed', 'failed')",
    )
    throw new Error(`runs did not end within ${ms} ms: ${JSON.stringify(left)}`)
  })
}

/** How many runs stand in each state. */
export async function statesOf(world: Pick<World, 'sql'>): Promise<Readonly<Record<string, number>>> {
  const rows = await world.sql<{ state: string; n: number }>(
    'select state, count(*) as n from gander.run group by state',
  )
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

/** How many runs failed in each way, with the words of one. */
export async function failuresOf(world: Pick<World, 'sql'>): Promise<string> {
  const rows = await world.sql<{ class: string; why: string; n: number }>(
    `select facts ->> 'class' as class, min(facts ->> 'why') as why, count(*) as n from gander.audit_event
      where event = 'run_failed' group by 1`,
  )
  return rows.map((row) => `${row.n} ${row.class}: ${row.why}`).join('; ')
}

/** Asks workers to leave, and waits until they have. */
export async function leave(workers: readonly Actor[]): Promise<void> {
  for (const { pid } of workers) signal(pid, 'SIGTERM')
  await Promise.all(workers.map(({ gone }) => gone))
}

/** Orphans have to be gone within this. */
const JANITOR_MS = 30_000

/** A worker sweeps when it comes, so one that comes and goes is the janitor; gives the milliseconds it took. */
export async function sweepRemains(world: World): Promise<number> {
  const began = Date.now()
  const janitor = await world.worker('janitor')
  const isClean = async () => (await checkRemains({ homes: [world.home], settled: true })).length === 0
  await waitUntil(isClean, JANITOR_MS, 200).catch(() => undefined)
  await leave([janitor])
  return Date.now() - began
}
