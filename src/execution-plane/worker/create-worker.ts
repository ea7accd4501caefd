import { randomBytes } from 'node:crypto'
import { LOCAL_TENANT, type RunId, type TenantId } from '#domain/ids'
import { isActive, type Run } from '#domain/run'
import type { LeasedRun, RunStore, WorkerIdentity } from '#ports'
import { createCodeShelf } from '#execution-plane/code-view'
import { partsOf, type WorkerGround } from './execution.ts'
import { drainOn } from './drain.ts'
import { executeRun } from './execute-run.ts'
import { LOOK_AGAIN_MS, takeTurns, type WorkerNote } from './hands.ts'

/** Between looks for what dead workers held. */
const SWEEP_MS = 3_000
/** Between looks for sandboxes that dead workers of this machine left. */
const JANITOR_EVERY = 10

/** Someone who leases runs and works on them. */
export interface Worker {
  /** Works on exactly this run until it ends or waits for a person. Absent: the installation's own tenant has it. */
  workOn(run: RunId, signal?: AbortSignal, tenant?: TenantId): Promise<void>
  /** Takes any queued run, so many at once, until the signal; then takes no more and settles when those in hand rest. */
  serve(at_once: number, signal: AbortSignal, manner?: ServingManner): Promise<void>
}

/** How a worker serves; each absent member has a default. */
interface ServingManner {
  /** After this long runs in hand go back to the queue when the worker leaves. Absent: they are waited for. */
  readonly drain_ms?: number
  /** Hears what the worker does. */
  readonly note?: (note: WorkerNote) => void
  /** Why nothing may be leased at present; undefined where there is no reason. Absent: there never is. */
  readonly holdOff?: () => string | undefined
}

/** Makes a worker with an identity of its own on this host. */
export function createWorker(given: WorkerGround, identity: WorkerIdentity): Worker {
  const ground: WorkerGround = {
    ...given,
    code_shelf: given.code_shelf ?? createCodeShelf(),
    prefix_secret: given.prefix_secret ?? randomBytes(32).toString('hex'),
  }
  return {
    async workOn(id, signal, tenant = LOCAL_TENANT) {
      const parts = partsOf(ground, tenant)
      const isStopped = () => signal?.aborted === true
      while (!isStopped()) {
        const leased = (await parts.store.lease(identity, id)) ?? (await leaseAfterSweep(parts.store, identity, id))
        if (leased !== undefined)
          await Promise.all([
            executeRun(parts, leased, signal === undefined ? {} : { now: signal }),
            sweepBeside(ground.stores, identity),
          ])
        const now = await parts.store.load(id)
        if (now === undefined || rests(now.run)) return
        if (leased === undefined) await parts.clock.sleep(LOOK_AGAIN_MS, signal)
      }
    },
    async serve(at_once, signal, { drain_ms, note = () => {}, holdOff = () => undefined } = {}) {
      const drain = drainOn(signal, drain_ms)
      const hand = { ground, identity, drain, note, holdOff }
      try {
        const hands = Array.from({ length: at_once }, () => takeTurns(hand))
        await Promise.all([...hands, sweepUntil(ground, identity, signal)])
      } finally {
        drain.stop()
      }
    },
  }
}

async function sweepUntil(ground: WorkerGround, identity: WorkerIdentity, signal: AbortSignal): Promise<void> {
  for (let round = 1; !signal.aborted; round++) {
    await sweepBeside(ground.stores, identity)
    if (round % JANITOR_EVERY === 0) await ground.driver.sweep().catch(() => undefined)
    await ground.clock.sleep(SWEEP_MS, signal).catch(() => undefined)
  }
}

/** Gives back what dead workers held of other runs; what fails here is done by the next worker. */
async function sweepBeside(store: Pick<RunStore, 'sweep'>, identity: WorkerIdentity): Promise<void> {
  await store.sweep(identity).catch(() => undefined)
}

/** A run that a dead worker holds comes back to the queue by a sweep; one that is queued need not wait for it. */
async function leaseAfterSweep(store: RunStore, identity: WorkerIdentity, id: RunId): Promise<LeasedRun | undefined> {
  await store.sweep(identity)
  return store.lease(identity, id)
}

/** True when nothing more happens until a person acts; a queued or held run is someone's work. */
const rests = (run: Run): boolean => run.state !== 'queued' && !isActive(run.state)
