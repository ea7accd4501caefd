import type { Lease } from '#domain/run'
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

/** Seconds between heartbeats; a lease lives ten. */
const HEARTBEAT_MS = 3_000

/** Keeps a lease alive until it is stopped, and aborts the work when the lease is lost or cancellation is asked for. */
export function keepLease(store: RunStore, run: RunId, lease: Lease): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  let silentSince = Date.now()
  const beat = async (): Promise<void> => {
    try {
      const answer = await store.heartbeat(run, lease)
      silentSince = Date.now()
      if (!answer.held) controller.abort(new WorkStopped('lease_lost', 'the lease'))
      else if (answer.cancel_requested_by !== null)
        controller.abort(new WorkStopped('cancelled', answer.cancel_requested_by))
    } catch {
      // The database may be away for a moment; a lease that could not be renewed in its lifetime is not ours any more.
      if (Date.now() - silentSince > 3 * HEARTBEAT_MS) controller.abort(new WorkStopped('lease_lost', 'the lease'))
    }
  }
  const timer = setInterval(() => void beat(), HEARTBEAT_MS)
  timer.unref()
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}
