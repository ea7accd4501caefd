import type { RunCommand, RunFacts } from '#domain/run'
import type { ModelStore } from './model-store.ts'
import type { Outside } from './outside.ts'
import type { Random } from './random.ts'

/** What a worker says it waits for: so many milliseconds of its own time. */
export type Wait = number

interface Parts {
  readonly store: ModelStore
  readonly outside: Outside
  readonly random: Random
  readonly name: string
  /** Starts and ends the beating for a lease. */
  readonly heart: { held(id: string, fence: number): void; left(): void }
}

/** One run in a worker's hands. */
interface Held {
  readonly id: string
  readonly fence: number
  readonly worker: string
}

type Stop = 'lost' | 'stopped' | 'left'

/** Share of answers of the database that do not arrive. */
const LOST_REPLIES = 0.03

const GATES: RunFacts['gates'] = {
  plan: 'pass',
  boundary: 'pass',
  protected_files: 'pass',
  secrets: 'pass',
  special_files: 'pass',
  dependencies: 'pass',
  test_integrity: 'pass',
  verification: 'pass',
  red_green: 'pass',
  test_strength: 'pass',
  judge: 'pass',
}
/** Everything that a guard of the lifecycle asks for. */
const EVIDENCE: Partial<RunFacts> = {
  base_sha: 'b',
  base_tree: 't',
  policy_allows: true,
  plan_sha256: 'p',
  baseline_sha256: 'v',
  tree: 'e',
  gates: GATES,
  branch: 'gander/x',
  pull_request: 'file:///pr/1',
  packet_sha256: 'f',
}

/** The way of a run: moves of the lifecycle, calls of a model (some two at once), a question to a person, a publication. */
const WAY = [
  { kind: 'move', to: 'preparing' },
  { kind: 'move', to: 'planning' },
  { kind: 'calls', keys: ['plan', 'baseline'] },
  { kind: 'move', to: 'editing' },
  { kind: 'calls', keys: ['edit:1'] },
  { kind: 'calls', keys: ['edit:2', 'tool:2'] },
  { kind: 'move', to: 'verifying' },
  { kind: 'move', to: 'judging' },
  { kind: 'calls', keys: ['judge'] },
  { kind: 'move', to: 'pr_preparing' },
  { kind: 'ask' },
  { kind: 'publish' },
  { kind: 'move', to: 'pr_created' },
] as const

/** Takes one run after the other, for as long as it lives. */
export function* workerLife(parts: Parts): Generator<Wait, void, void> {
  for (;;) {
    const leased = parts.outside.mayLease() ? parts.store.lease(parts.name) : undefined
    if (leased === undefined) yield parts.random.between(200, 800)
    else {
      parts.heart.held(leased.id, leased.fence)
      yield* workOn(parts, { ...leased, worker: parts.name })
      parts.heart.left()
    }
  }
}

function* workOn(parts: Parts, held: Held): Generator<Wait, void, void> {
  const { store, random, outside } = parts
  const write = (command: RunCommand) => store.write(held.id, held.fence, held.worker, command)
  write({ type: 'resume' })
  for (const part of WAY) {
    yield random.between(5, 400)
    const stop = outside.isStopped() ? 'stopped' : yield* perform(parts, held, part)
    if (stop === 'stopped') write({ type: 'cancel', by: 'a switch' })
    if (stop !== undefined) return
  }
  write({ type: 'complete', packet_sha256: 'f', summary: 'done', evidence: EVIDENCE })
}

function* perform(parts: Parts, held: Held, part: (typeof WAY)[number]): Generator<Wait, Stop | undefined, void> {
  if (part.kind === 'move') return move(parts, held, part.to)
  if (part.kind === 'calls') return yield* calls(parts, held, part.keys)
  return part.kind === 'ask' ? ask(parts, held) : yield* publish(parts, held)
}

type Place = Extract<(typeof WAY)[number], { kind: 'move' }>['to']

/** A move is a step: one that is on record is not made again. */
function move({ store }: Parts, held: Held, to: Place): Stop | undefined {
  const begun = store.begin(held.id, held, { key: `move:${to}`, reserve: 0 })
  if (begun === 'lost' || begun === 'exhausted') return 'lost'
  if (begun !== 'begun') return undefined
  // The real store writes move and outcome in one transaction, which nothing comes between here either.
  const moved = store.write(held.id, held.fence, held.worker, { type: 'advance', to, evidence: EVIDENCE })
  if (!moved) return 'lost'
  return store.finish(held.id, held, { key: `move:${to}`, value: to, cost: 0 }) ? undefined : 'lost'
}

/** Intents first, then the calls beside each other, then what came of them. */
function* calls(
  { store, outside, random }: Parts,
  held: Held,
  keys: readonly string[],
): Generator<Wait, Stop | undefined, void> {
  const open: string[] = []
  for (const key of keys) {
    const begun = store.begin(held.id, held, { key, reserve: 1 })
    if (begun === 'lost') return 'lost'
    if (begun === 'exhausted') {
      const explanation = 'the cost budget is used up'
      store.write(held.id, held.fence, held.worker, { type: 'pause', reason: 'budget_cost', explanation })
      return 'left'
    }
    if (begun === 'begun') open.push(key)
  }
  for (const key of open) {
    yield random.between(50, 3_000)
    const answer = outside.call(held.id, key)
    if (answer === 'stopped') return 'stopped'
    yield random.between(1, 200)
    const finish = () => store.finish(held.id, held, { key, ...answer })
    if (!finish()) return 'lost'
    // The reply of the database is lost, and the worker says it once more: it is told that it is too late.
    if (random.chance(LOST_REPLIES) && !finish()) return 'lost'
  }
  return undefined
}

/** Some runs need a yes before they publish. */
function ask({ store, outside, random }: Parts, held: Held): Stop | undefined {
  const fingerprint = outside.fingerprintOf(held.id)
  if (fingerprint === undefined) return undefined
  const begun = store.begin(held.id, held, { key: 'approval', reserve: 0 })
  if (begun === 'lost' || begun === 'exhausted') return 'lost'
  if (begun !== 'begun') return undefined
  if (store.useApproval(held.id, fingerprint) === 'taken') {
    if (random.chance(LOST_REPLIES)) store.useApproval(held.id, fingerprint)
    return store.finish(held.id, held, { key: 'approval', value: 'taken', cost: 0 }) ? undefined : 'lost'
  }
  const asked = store.write(held.id, held.fence, held.worker, {
    type: 'await_approval',
    approval: outside.request(held.id),
  })
  if (asked) store.asked(held.id, { id: `approval_${held.id}_${held.fence}`, fingerprint })
  return asked ? 'left' : 'lost'
}

function* publish({ store, outside, random }: Parts, held: Held): Generator<Wait, Stop | undefined, void> {
  const begun = store.begin(held.id, held, { key: 'publish', reserve: 0 })
  if (begun === 'lost' || begun === 'exhausted') return 'lost'
  if (begun !== 'begun') return undefined
  yield random.between(10, 1_500)
  if (outside.publish(held.id) === 'stopped') return 'stopped'
  yield random.between(1, 300)
  return store.finish(held.id, held, { key: 'publish', value: 'published', cost: 0 }) ? undefined : 'lost'
}
