import { HEARTBEAT_MS, type Lease } from '#domain/run'
import type { RunId } from '#domain/ids'
import type { RunStore } from '#ports'

/** Why work on a run has to stop at once. */
export class WorkStopped extends Error {
  readonly reason: StopReason
  readonly by: string

  constructor(reason: StopReason, by: string) {
    super(WORDS[reason](by))
    this.name = 'WorkStopped'
    this.reason = reason
    this.by = by
  }
}

/** `handed_back`: the worker leaves, and the run goes back to the queue as it is. */
type StopReason = 'lease_lost' | 'cancelled' | 'handed_back'

const WORDS: { readonly [reason in StopReason]: (by: string) => string } = {
  lease_lost: () => 'another worker has the run',
  cancelled: (by) => `cancelled by ${by}`,
  handed_back: (by) => `handed back by ${by}`,
}

/** A lease that was not renewed for so long is somebody else's soon, whatever became of the question. */
const SILENCE_MS = 3 * HEARTBEAT_MS

/**
 * Keeps a lease alive until it is stopped, and aborts the work when the lease is lost or cancellation is asked for. A
 * database that neither answers nor fails, behind a link that is cut, counts as one that is away.
 */
export function keepLease(store: RunStore, run: RunId, lease: Lease): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  let silentSince = performance.now()
  let asking = false
  const beat = async (): Promise<void> => {
    const asked = performance.now()
    const answer = await store.heartbeat(run, lease)
    silentSince = asked
    if (!answer.held) controller.abort(new WorkStopped('lease_lost', 'the lease'))
    else if (answer.cancel_requested_by !== null)
      controller.abort(new WorkStopped('cancelled', answer.cancel_requested_by))
  }
  const tick = (): void => {
    if (performance.now() - silentSince > SILENCE_MS) controller.abort(new WorkStopped('lease_lost', 'the lease'))
    if (asking) return
    asking = true
    // The database may be away for a moment; only a silence as long as the lease ends the work.
    void beat()
      .catch(() => undefined)
      .finally(() => (asking = false))
  }
  const timer = setInterval(tick, HEARTBEAT_MS)
  timer.unref()
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}
