/** R8, submissions that come again, late and out of order: each key makes exactly one run. */
import { checkAt } from './checker.ts'
import { runAsCommand, type Figures } from './kit/experiment.ts'
import { seeded } from './kit/random.ts'
import { openWorld, orderFor } from './kit/world.ts'

/** Every key is submitted this often. */
const TIMES = 20
/** Asked at once. */
const BESIDE = 8

/** Submits so many times in all, in an order of the seed. */
export async function submitAgain(submissions: number, seed = 8): Promise<Figures> {
  const world = await openWorld()
  try {
    const random = seeded(seed)
    const keys = Math.max(1, Math.floor(submissions / TIMES))
    const queue = Array.from({ length: keys * TIMES }, (_, n) => ({ key: n % keys, place: random() }))
      .toSorted((one, other) => one.place - other.place)
      .map(({ key }) => key)
    const made = new Map<number, Set<string>>()
    const total = queue.length
    const ask = async () => {
      for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
        const once = { principal_id: 'chaos', key: `delivery-${key}` }
        const { run } = await world.platform.submit(orderFor(world.repository, key), once)
        made.set(key, (made.get(key) ?? new Set()).add(run.id))
      }
    }
    await Promise.all(Array.from({ length: BESIDE }, ask))
    const acknowledged = [...made.values()].flatMap((runs) => [...runs])
    const [row] = await world.sql<{ n: number }>('select count(*) as n from gander.run')
    const ground = { kept: world.home, homes: [world.home], settled: false }
    return {
      submissions: total,
      keys,
      runs: row?.n ?? 0,
      keys_with_more_than_one_run: [...made.values()].filter(({ size }) => size !== 1).length,
      runs_told: acknowledged.length,
      violations: await checkAt(world.database_url, ground),
    }
  } finally {
    await world.close()
  }
}

if (import.meta.main) await runAsCommand('R8 submissions come again', 1_000, submitAgain)
