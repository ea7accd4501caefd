import type { RunId } from '#domain/ids'
import { isActive, type Run } from '#domain/run'
import type { LeasedRun, RunStore, WorkerIdentity } from '#ports'
import { createWordMemory } from '#execution-plane/repository-intelligence'
import type { WorkerParts } from './execution.ts'
import { executeRun } from './execute-run.ts'

/** Milliseconds between looks at a run that another worker holds. */
const LOOK_AGAIN_MS = 500
/** Between looks for what dead workers held. */
const SWEEP_MS = 3_000

/** Someone who leases runs and works on them. */
export interface Worker {
  /** Works on exactly this run until it ends or waits for a person. */
  workOn(run: RunId, signal?: AbortSignal): Promise<void>
  /** Takes any queued run, so many at once, until the signal; then takes no more and settles when those in hand rest. */
  serve(at_once: number, signal: AbortSignal): Promise<void>
}

/** Makes a worker with an identity of its own on this host. */
export function createWorker(given: WorkerParts, identity: WorkerIdentity): Worker {
  const parts: WorkerParts = { ...given, words: given.words ?? createWordMemory() }
  return {
    async workOn(id, signal) {
      const isStopped = () => signal?.aborted === true
      while (!isStopped()) {
        const leased = (await parts.store.lease(identity, id)) ?? (await leaseAfterSweep(parts.store, identity, id))
        if (leased !== undefined)
          await Promise.all([executeRun(parts, leased, signal), sweepBeside(parts.store, identity)])
        const now = await parts.store.load(id)
        if (now === undefined || rests(now.run)) return
        if (leased === undefined) await parts.clock.sleep(LOOK_AGAIN_MS, signal)
      }
    },
    async serve(at_once, signal) {
      const hands = Array.from({ length: at_once }, () => takeTurns(parts, identity, signal))
      await Promise.all([...hands, sweepUntil(parts, identity, signal)])
    },
  }
}

/** One run after the other. What breaks a run is the run's; what breaks the queue is waited out. */
async function takeTurns(parts: WorkerParts, identity: WorkerIdentity, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const leased = await parts.store.lease(identity).catch(() => undefined)
    if (leased === undefined) await parts.clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined)
    else await executeRun(parts, leased).catch(() => undefined)
  }
}

async function sweepUntil(parts: WorkerParts, identity: WorkerIdentity, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweepBeside(parts.store, identity)
    await parts.clock.sleep(SWEEP_MS, signal).catch(() => undefined)
  }
}

/** Gives back what dead workers held of other runs; what fails here is done by the next worker. */
async function sweepBeside(store: RunStore, identity: WorkerIdentity): Promise<void> {
  await store.sweep(identity).catch(() => undefined)
}

/** A run that a dead worker holds comes back to the queue by a sweep; one that is queued need not wait for it. */
async function leaseAfterSweep(store: RunStore, identity: WorkerIdentity, id: RunId): Promise<LeasedRun | undefined> {
  await store.sweep(identity)
  return store.lease(identity, id)
}

/** True when nothing more happens until a person acts; a queued or held run is someone's work. */
const rests = (run: Run): boolean => run.state !== 'queued' && !isActive(run.state)
