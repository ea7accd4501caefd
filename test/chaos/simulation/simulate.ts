import { isEnd } from '#domain/run'
import { ModelStore, type Bug } from './model-store.ts'
import { BELIEVED_MS, Outside } from './outside.ts'
import { seededRandom, type Random } from './random.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
import { createWitness, type Violation, type Witness } from './witness.ts'
import { workerLife } from './worker-actor.ts'

/** What one world came to. */
export interface Simulated {
  readonly violations: readonly Violation[]
  /** Hash of everything that happened, in order and with its time. */
  readonly trace: string
  readonly virtual_ms: number
  readonly faults: number
}

interface World {
  readonly clock: VirtualClock
  readonly random: Random
  readonly witness: Witness
  readonly store: ModelStore
  readonly outside: Outside
  faults: number
}

const RUNS = 4
const WORKERS = 3
/** Faults happen until here; what was begun then has the rest of the time to end. */
const FAULTS_UNTIL_MS = 90_000
const END_MS = 900_000

/** Lives through one seed: workers that die, stop and come back late, sweeps, a person, switches, and small budgets. */
export function simulate(seed: number, bug?: Bug): Simulated {
  const clock = createVirtualClock()
  const random = seededRandom(seed)
  const witness = createWitness(clock.now)
  const store = new ModelStore({ now: clock.now, witness, bug })
  const outside = new Outside({ now: clock.now, random, witness, bug })
  const world: World = { clock, random, witness, store, outside, faults: 0 }
  for (let n = 1; n <= RUNS; n++)
    clock.after(random.between(0, 20_000), () => store.submit(`run_${n}`, random.between(3, 9)))
  for (let n = 1; n <= WORKERS; n++) startWorker(world, `worker_${n}`, 1)
  keepDoing(
    world,
    () => 3_000,
    () => store.sweep(),
  )
  keepDoing(
    world,
    () => random.between(2_000, 9_000),
    () => person(world),
  )
  if (random.chance(0.3)) throwSwitch(world)
  clock.run(END_MS)
  witness.close(store.ids)
  return { violations: witness.violations, trace: witness.hash(), virtual_ms: clock.now(), faults: world.faults }
}

const over = ({ store, clock }: World): boolean =>
  clock.now() > FAULTS_UNTIL_MS && store.ids.every((id) => isEnd(store.state(id)))

function keepDoing(world: World, every: () => number, act: () => void): void {
  const turn = () => {
    if (over(world)) return
    act()
    world.clock.after(every(), turn)
  }
  world.clock.after(every(), turn)
}

/** Runs a worker's life; now and then it dies in the middle, or stands still for longer than its lease. */
function startWorker(world: World, name: string, life: number): void {
  const { clock, random, store, outside } = world
  const me = `${name}.${life}`
  const heart = createHeart(world, me)
  const acts = workerLife({ store, outside, random, name: me, heart })
  const turn = () => {
    if (over(world)) return
    if (clock.now() < FAULTS_UNTIL_MS && random.chance(0.02)) {
      world.faults += 1
      heart.left()
      world.witness.note(`dies ${me}`)
      clock.after(random.between(100, 8_000), () => startWorker(world, name, life + 1))
      return
    }
    const stands = clock.now() < FAULTS_UNTIL_MS && random.chance(0.015) ? random.between(5_000, 60_000) : 0
    if (stands > 0) {
      world.faults += 1
      heart.standStill(stands)
    }
    const step = acts.next()
    if (step.done !== true) clock.after(step.value + stands, turn)
  }
  clock.after(random.between(0, 500), turn)
}

/** Beats for the lease that its worker holds; a worker that stands still does not beat. */
function createHeart({ clock, store }: World, worker: string) {
  let still_until = 0
  let beating: string | undefined
  const beat = (id: string, fence: number) => {
    if (beating !== `${id} ${fence}`) return
    if (clock.now() < still_until) clock.after(still_until - clock.now(), () => beat(id, fence))
    else if (store.heartbeat(id, fence, worker)) clock.after(3_000, () => beat(id, fence))
  }
  const held = (id: string, fence: number) => {
    beating = `${id} ${fence}`
    clock.after(3_000, () => beat(id, fence))
  }
  const left = () => {
    beating = undefined
  }
  const standStill = (ms: number) => {
    still_until = clock.now() + ms
  }
  return { held, left, standStill }
}

/** Answers what waits, sometimes twice, and gives more where a budget ran out. */
function person({ store, random }: World): void {
  for (const id of store.ids) {
    const state = store.state(id)
    if (state === 'awaiting_approval') {
      store.approve(id)
      if (random.chance(0.5)) store.approve(id)
    }
    if (state === 'paused') {
      store.extendBudget(id, random.between(2, 6))
      store.command(id, { type: 'continue', by: 'ada' })
    }
  }
}

function throwSwitch({ clock, random, outside, witness }: World): void {
  const at = random.between(2_000, 60_000)
  const lasts = random.between(2 * BELIEVED_MS, 30_000)
  clock.after(at, () => outside.throwSwitch())
  clock.after(at + BELIEVED_MS, () => witness.stopped(true))
  clock.after(at + lasts, () => {
    witness.stopped(false)
    outside.releaseSwitch()
  })
}
