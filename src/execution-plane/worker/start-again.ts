import { isGanderError } from '#domain/failure'
import type { Clock } from '#ports'

/** So often a sandbox is tried to be opened, and how long is waited between. */
const TRIES = 3
const WAIT_MS = 400

/**
 * Opens something that machines now and then refuse for a moment. What stays refused is thrown as it was, with its class:
 * a failure of the infrastructure, not of the task. @throws GanderError `sandbox_unavailable`
 */
export async function startAgain<Value>(
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
  open: () => Promise<Value>,
): Promise<Value> {
  for (let tried = 1; ; tried++) {
    try {
      return await open()
    } catch (error) {
      if (!isGanderError(error, 'sandbox_unavailable') || tried === TRIES) throw error
      await clock.sleep(tried * WAIT_MS, signal)
    }
  }
}
