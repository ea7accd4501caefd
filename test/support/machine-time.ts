import { availableParallelism, loadavg } from 'node:os'
import process from 'node:process'

/**
 * A time that a promise of the platform names, as long as it may take on this machine now: what waits for its turn on a
 * processor is not late by its own fault. On a quiet machine it is the time itself.
 */
export function onThisMachine(ms: number): number {
  const [load = 0] = loadavg()
  return ms * Math.max(1, (2 * load) / availableParallelism())
}

/** Milliseconds that this thread's processor worked from the call on; what other programs take is not in it. */
export function startWork(): () => number {
  const before = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  }
}
