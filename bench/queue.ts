/**
 * `npm run bench:queue [-- --short] [--only rates|steps|backlog|waits]`: claims and completions beside graphile-worker and pg-boss on the same server in the
 * same run, the claim with a short and a long backlog, durable steps, and what a flood of one tenant costs another.
 */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TenantId } from '#domain/ids'
import type { LeasedRun } from '#ports'
import { thisWorker, submission } from '../test/support/store-fixtures.ts'
import { spread, table, timed, type Figure } from './figures.ts'
import { bossRate, graphileRate } from './queue-peers.ts'
import { finish, openQueueGround, type QueueGround } from './queue-ground.ts'

const HANDS = 16
/** So many hands that nearly every statement is a full batch. */
const MANY_HANDS = 500
const short = process.argv.includes('--short')
const only = process.argv.filter((_, index) => process.argv[index - 1] === '--only')
const wanted = (part: string): boolean => only.length === 0 || only.includes(part)
const size = short
  ? { jobs: 400, peers: 2_000, claims: 100, backlog: 20_000, steps: 800, waits: 20 }
  : { jobs: 4_000, peers: 20_000, claims: 400, backlog: 1_000_000, steps: 8_000, waits: 60 }
const tenantsOf = (count: number): readonly TenantId[] =>
  Array.from({ length: count }, (_, n) => `ten_of${count}_${n}` as TenantId)
const worker = thisWorker()

async function claimAndComplete(
  ground: QueueGround,
  tenants: readonly TenantId[],
  hands: number,
  jobs: number = size.jobs,
): Promise<number> {
  for (const tenant of tenants) await ground.queue(tenant, Math.ceil(jobs / tenants.length))
  let done = 0
  const hand = async () => {
    for (let won = await ground.stores.lease(worker); won !== undefined; won = await ground.stores.lease(worker)) {
      await finish(ground.stores, won)
      done++
    }
  }
  const took = await timed(() => Promise.all(Array.from({ length: hands }, hand)))
  return (done * 1_000) / took
}

/** What one claim takes while nothing else happens; the runs stay held. */
async function claims(ground: QueueGround, tenant: TenantId, backlog: number) {
  await ground.queue(tenant, backlog)
  const samples: number[] = []
  for (let index = 0; index < size.claims; index++)
    samples.push(await timed(() => ground.stores.of(tenant).lease(worker)))
  return spread(samples.slice(10))
}

/** Milliseconds from handing in until the lease, of one tenant's runs among hands that are busy five milliseconds a run. */
async function waits(ground: QueueGround, tenant: TenantId) {
  const handed = new Map<string, number>()
  const samples: number[] = []
  const stop = new AbortController()
  const hand = async () => {
    while (!stop.signal.aborted) {
      const won = await ground.stores.lease(worker)
      if (won === undefined) {
        await sleep(2)
        continue
      }
      const since = handed.get(won.run.id)
      if (since !== undefined) samples.push(performance.now() - since)
      await sleep(5)
      await finish(ground.stores, won)
    }
  }
  const hands = Array.from({ length: 4 }, hand)
  for (let index = 0; index < size.waits; index++) {
    const order = submission({ tenant })
    handed.set(order.run.id, performance.now())
    await ground.stores.of(tenant).submit(order)
    await sleep(20)
  }
  while (samples.length < size.waits) await sleep(10)
  stop.abort()
  await Promise.all(hands)
  return spread(samples)
}

async function steps(ground: QueueGround, tenants: readonly TenantId[]): Promise<number> {
  const held: LeasedRun[] = []
  for (let index = 0; index < HANDS; index++) {
    const tenant = tenants[index % tenants.length] ?? ('ten_x' as TenantId)
    const order = submission({ tenant, limits: { max_steps: 1_000_000 } })
    await ground.stores.of(tenant).submit(order)
    const won = await ground.stores.of(tenant).lease(worker, order.run.id)
    if (won !== undefined) held.push(won)
  }
  const each = Math.ceil(size.steps / HANDS)
  const took = await timed(() =>
    Promise.all(
      held.map(async ({ run, lease }) => {
        const store = ground.stores.of(run.tenant_id)
        for (let index = 0; index < each; index++) {
          const begun = await store.beginStep(run.id, lease, { key: `k:${index}`, kind: 'gate', request: index })
          if (!begun.ok) throw new Error(begun.refusal.message)
          const events = [{ event: 'admin_override', facts: { by: 'bench', what: 'step' } }] as const
          await store.finishStep(run.id, lease, begun.value.n, { value: index, events })
        }
      }),
    ),
  )
  return (each * held.length * 1_000) / took
}

const rate = (what: string, p50: number, samples: number, more: Partial<Figure> = {}): Figure => ({
  benchmark: 'queue',
  what,
  unit: '/s',
  p50,
  samples,
  ...more,
})

async function rates(ground: QueueGround): Promise<readonly Figure[]> {
  const one = await claimAndComplete(ground, tenantsOf(1), HANDS)
  const single = await graphileRate(ground.owner, size.peers, HANDS)
  const hundred = await claimAndComplete(ground, tenantsOf(100), HANDS)
  const boss = await bossRate(ground.owner, size.peers, HANDS)
  const lone = await claimAndComplete(ground, tenantsOf(1), 1)
  const many = await claimAndComplete(ground, tenantsOf(1), MANY_HANDS, size.peers)
  const tuned = await graphileRate(ground.owner, size.peers, HANDS, 500)
  const batched = await bossRate(ground.owner, size.peers, HANDS, 500)
  const floor = { what: single.what, p50: single.each_second }
  const goal = { text: '>= 4,000 /s', met: Math.max(one, hundred) >= 4_000 }
  const together = { text: '>= 45,000 /s', met: many >= 45_000 }
  const tuned_floor = { what: 'in batches', p50: tuned.each_second }
  return [
    rate(`claim + complete, ${HANDS} hands, 1 tenant`, one, size.jobs, { floor, goal }),
    rate(`claim + complete, ${HANDS} hands, 100 tenants`, hundred, size.jobs, { floor, goal }),
    rate('claim + complete, 1 hand, 1 tenant', lone, size.jobs),
    rate(`claim + complete, ${MANY_HANDS} hands, 1 tenant`, many, size.peers, { floor: tuned_floor, goal: together }),
    ...[single, boss, tuned, batched].map(({ what, each_second }) => rate(what, each_second, size.peers)),
  ]
}

const ms = (what: string, figures: ReturnType<typeof spread>, more: Partial<Figure> = {}): Figure => ({
  benchmark: 'queue',
  what,
  unit: 'ms',
  ...figures,
  ...more,
})

async function backlogs(ground: QueueGround): Promise<readonly Figure[]> {
  const few = await claims(ground, 'ten_few' as TenantId, 1_000)
  const many = await claims(ground, 'ten_many' as TenantId, size.backlog)
  return [
    ms('claim, backlog of 1,000', few),
    ms(`claim, backlog of ${size.backlog.toLocaleString('en')}`, many, {
      floor: { what: 'with 1,000', p50: few.p50 },
      goal: { text: 'p95 <= 1.5 x', met: many.p95 <= 1.5 * few.p95 },
    }),
  ]
}

async function waiting(ground: QueueGround): Promise<readonly Figure[]> {
  const alone = await waits(ground, 'ten_quiet' as TenantId)
  await ground.queue('ten_loud' as TenantId, Math.max(5_000, size.jobs))
  const flooded = await waits(ground, 'ten_quiet' as TenantId)
  return [
    ms("a quiet tenant's wait, alone", alone),
    ms("a quiet tenant's wait, another floods", flooded, {
      floor: { what: 'alone', p50: alone.p50 },
      goal: { text: 'p95 <= 2 x', met: flooded.p95 <= 2 * alone.p95 },
    }),
  ]
}

async function stepRates(ground: QueueGround): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const count of [1, 100]) {
    const each_second = await steps(ground, tenantsOf(count))
    const goal = { text: '>= 5,000 /s', met: each_second >= 5_000 }
    const whose = count === 1 ? 'one tenant' : `${HANDS} tenants`
    figures.push(rate(`durable steps, ${HANDS} runs of ${whose}`, each_second, size.steps, { goal }))
  }
  return figures
}

const ground = await openQueueGround(HANDS + 4)
try {
  const figures = [
    ...(wanted('rates') ? await rates(ground) : []),
    ...(wanted('steps') ? await stepRates(ground) : []),
    ...(wanted('backlog') ? await backlogs(ground) : []),
    ...(wanted('waits') ? await waiting(ground) : []),
  ]
  console.log(table(figures))
  console.log(`\nload average ${loadavg()[0]?.toFixed(2)}; compare ratios, not times`)
} finally {
  await ground.close()
}
