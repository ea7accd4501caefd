import type { RunId } from '#domain/ids'
import { isActive, type Run } from '#domain/run'
import type { WorkerIdentity } from '#ports'
import type { WorkerParts } from './execution.ts'
import { executeRun } from './execute-run.ts'

/** Milliseconds between looks at a run that another worker holds. */
const LOOK_AGAIN_MS = 500

/** Someone who leases runs and works on them. */
export interface Worker {
  /** Works on exactly this run until it ends or waits for a person. */
  workOn(run: RunId, signal?: AbortSignal): Promise<void>
}

/** Makes a worker with an identity of its own on this host. */
export function createWorker(parts: WorkerParts, identity: WorkerIdentity): Worker {
  return {
    async workOn(id, signal) {
      const isStopped = () => signal?.aborted === true
      while (!isStopped()) {
        await parts.store.sweep(identity)
        const leased = await parts.store.lease(identity, id)
        if (leased !== undefined) await executeRun(parts, leased, signal)
        const now = await parts.store.load(id)
        if (now === undefined || rests(now.run)) return
        if (leased === undefined) await parts.clock.sleep(LOOK_AGAIN_MS, signal)
      }
    },
  }
}

/** True when nothing more happens until a person acts; a queued or held run is someone's work. */
const rests = (run: Run): boolean => run.state !== 'queued' && !isActive(run.state)
