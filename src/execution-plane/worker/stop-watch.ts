import { GanderError } from '#domain/failure'
import { questionOf, stopFor, type StoppableAct } from '#domain/kill-switch'
import type { Task } from '#domain/task'
import type { RegistryProxy, SwitchCheck } from '#ports'
import { WorkStopped } from './lease-keeper.ts'

/** Between looks at the switches while a run is worked on, should no hint come. */
const LOOK_MS = 500

/** Ends the work on one run when a switch says so, and is asked before each of its acts. */
export interface StopWatch {
  /** Aborted with `WorkStopped` when the run may not be worked on any more. */
  readonly signal: AbortSignal
  /**
   * @throws WorkStopped where the run has to stop, GanderError `stopped` where only this act may not happen now,
   * `database_unavailable` where nobody can say
   */
  leave(act: StoppableAct): Promise<void>
  /** The way out of setups, as long as it may be open. */
  guardProxy(proxy: RegistryProxy): RegistryProxy
  stop(): void
}

const NEVER: StopWatch = {
  signal: new AbortController().signal,
  leave: async () => {},
  guardProxy: (proxy) => proxy,
  stop: () => {},
}

/**
 * Watches for one task; without a check nothing is ever stopped. A run that a switch stops ends as cancelled by whoever
 * threw it. Where nobody can say what is stopped, the run is put down as it is and not ended: nobody decided that.
 */
export function watchSwitches(check: SwitchCheck | undefined, task: Task): StopWatch {
  if (check === undefined) return NEVER
  const question = questionOf(task)
  const controller = new AbortController()
  const look = async (): Promise<void> => {
    const standing = await check.standing(question)
    const stop = stopFor(standing, 'work', question)
    if (stop !== undefined) controller.abort(new WorkStopped(standing.known ? 'cancelled' : 'lease_lost', stop.by))
  }
  const leave: StopWatch['leave'] = async (act) => {
    await look()
    controller.signal.throwIfAborted()
    if (act === 'work') return
    // What cannot be taken back is asked of the record itself.
    const now = await check.standingNow(question)
    // The run is put down as it is, and goes on where the record answers.
    if (!now.known)
      throw new GanderError('database_unavailable', 'The switches cannot be read at this moment.', { retryable: true })
    const stop = stopFor(now, act, question)
    if (stop !== undefined)
      throw new GanderError('stopped', `Not now: ${stop.by}.`, { facts: { action: stop.action, act } })
  }
  const forget = check.onHint(() => void look())
  const timer = setInterval(() => void look(), LOOK_MS)
  timer.unref()
  return {
    signal: controller.signal,
    leave,
    guardProxy: (proxy) => guardProxy(proxy, check, () => leave('shell_network')),
    stop: () => {
      clearInterval(timer)
      forget()
    },
  }
}

/** A door that may not be open is closed under whoever stands in it; what had been fetched stays. */
function guardProxy(proxy: RegistryProxy, check: SwitchCheck, leave: () => Promise<void>): RegistryProxy {
  return {
    open: async (wish) => {
      await leave()
      const door = await proxy.open(wish)
      const look = (): void => void leave().catch(() => end().then(() => door.close()))
      const forget = check.onHint(look)
      const timer = setInterval(look, LOOK_MS)
      timer.unref()
      const end = async (): Promise<void> => {
        clearInterval(timer)
        forget()
      }
      return { ...door, report: () => door.report(), close: () => end().then(() => door.close()) }
    },
  }
}
