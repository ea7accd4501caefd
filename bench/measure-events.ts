import { createRunStore, openDatabase } from '#adapters/postgres'
import type { Lease } from '#domain/run'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'
import { identifiers } from '../test/support/database.ts'
import { submission, thisWorker } from '../test/support/store-fixtures.ts'
import type { BareDatabase } from './database.ts'
import { repeated, spread, type Figure } from './figures.ts'
import type { Size, World } from './world.ts'

const AT_ONCE = 16

/** A step's two durable writes (intent; outcome with its event, fenced and chained), beside a bare insert. */
export async function measureEvents(world: World, bare: BareDatabase, size: Size): Promise<readonly Figure[]> {
  const database = await openDatabase({ home: world.home }, { connections: AT_ONCE })
  try {
    const store = createRunStore({ database, identifiers })
    const one = await leasedRun(store)
    const [inserts, steps] = [[], []] as [number[], number[]]
    // In slices and in turns, so that both see the same machine.
    for (let slice = 0; slice < 5; slice++) {
      inserts.push(...(await repeated(size.events / 5, () => bare.insert())))
      steps.push(...(await repeated(size.events / 5, (index) => step(store, one, `step:${slice}:${index}`))))
    }
    const measured = spread(steps)
    const floor = { what: 'insert + commit', p50: spread(inserts).p50 }
    const goal = { text: 'p50 <= 0.5 ms', met: measured.p50 <= 0.5 }
    const rate = await stepsEachSecond(store, size)
    return [
      { benchmark: 'event', what: 'beginStep + finishStep', unit: 'ms', ...measured, floor, goal },
      {
        benchmark: 'event',
        what: `durable steps, ${AT_ONCE} runs of one tenant`,
        unit: '/s',
        p50: rate.each_second,
        samples: rate.steps,
        goal: { text: '>= 5,000 /s', met: rate.each_second >= 5_000 },
      },
    ]
  } finally {
    await database.close()
  }
}

interface Leased {
  readonly run: RunId
  readonly lease: Lease
}

async function leasedRun(store: RunStore): Promise<Leased> {
  const order = submission({ limits: { max_steps: 1_000_000 } })
  await store.submit(order)
  const leased = await store.lease(thisWorker(), order.run.id)
  if (leased === undefined) throw new Error('the run could not be leased')
  return { run: order.run.id, lease: leased.lease }
}

async function step(store: RunStore, { run, lease }: Leased, key: string): Promise<void> {
  const begun = await store.beginStep(run, lease, { key, kind: 'tool_call', request: { name: 'shell_exec' } })
  if (!begun.ok) throw new Error(begun.refusal.message)
  const facts = { tool: 'shell_exec', args_hash: 'a'.repeat(64), state: 'editing' }
  const finished = await store.finishStep(run, lease, begun.value.n, {
    value: { text: 'exit code 0' },
    events: [{ event: 'tool_call_requested', facts }],
  })
  if (!finished.ok) throw new Error(finished.refusal.message)
}

async function stepsEachSecond(store: RunStore, size: Size) {
  const runs: Leased[] = []
  for (let index = 0; index < AT_ONCE; index++) runs.push(await leasedRun(store))
  const each = Math.ceil(size.events / AT_ONCE)
  const from = performance.now()
  await Promise.all(
    runs.map(async (run) => {
      for (let index = 0; index < each; index++) await step(store, run, `step:${index}`)
    }),
  )
  const steps = each * AT_ONCE
  return { steps, each_second: (steps * 1000) / (performance.now() - from) }
}
