import { waitUntil, type World } from './world.ts'

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
