import { isGanderError } from '#domain/failure'
import type { LeasedRun } from '#ports'
import type { WorkerParts } from './execution.ts'
import { WorkStopped } from './lease-keeper.ts'

/**
 * How a worker leaves: it is asked to, and takes no more; after the given time its runs part at their next step; a step
 * that goes on for longer than that is broken off. Whatever is parted with goes back to the queue at once.
 */
export interface Drain {
  /** No run is taken any more. */
  readonly asked: AbortSignal
  /** Runs part at their next step. */
  readonly parting: AbortSignal
  /** Steps are broken off. */
  readonly now: AbortSignal
}

/** How long a step may go on after its run was told to part. */
const STEP_PATIENCE_MS = 5_000

/** Begins to leave at the signal; `within_ms` undefined means that runs in hand are waited for without an end. */
export function drainOn(asked: AbortSignal, within_ms: number | undefined): Drain & { stop(): void } {
  const parting = new AbortController()
  const now = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const leave = () => {
    if (within_ms === undefined) return
    const reason = new WorkStopped('handed_back', 'a worker that leaves')
    timers.push(setTimeout(() => parting.abort(reason), within_ms))
    timers.push(setTimeout(() => now.abort(reason), within_ms + STEP_PATIENCE_MS))
  }
  if (asked.aborted) leave()
  else asked.addEventListener('abort', leave, { once: true })
  return {
    asked,
    parting: parting.signal,
    now: now.signal,
    stop: () => {
      asked.removeEventListener('abort', leave)
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** How long a run that was put down is offered to the queue; its lease ends by itself after that. */
const OFFERS = 12
const OFFER_PAUSE_MS = 500

/**
 * Gives a run that was put down without an end back, where this worker still holds it: another may go on at once. A
 * database that is away is asked again for about as long as the lease lives.
 */
export async function handBack(
  parts: Pick<WorkerParts, 'store' | 'clock'>,
  { run, lease }: LeasedRun,
  reason: 'worker_left' | 'worker_gave_back',
): Promise<void> {
  for (let offer = 0; offer < OFFERS; offer++) {
    try {
      // A refusal says that it is another's, at rest or ended: then nothing is to be given back.
      await parts.store.write(run.id, lease, { command: { type: 'return_to_queue', reason } })
      return
    } catch (error) {
      if (!isGanderError(error) || !error.retryable) return
      await parts.clock.sleep(OFFER_PAUSE_MS)
    }
  }
}
