import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { readText } from '../fence/read-text.ts'

const STOP_TRIES = 200

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const stateOf = (pid: number): string | undefined => {
  const stat = readText(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2)[0]
}

const signal = (pid: number, name: 'SIGSTOP' | 'SIGKILL'): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself in the meantime.
  }
}

/** The first process of the command's process namespace by bubblewrap's report; never a number that was given anew. */
const reportedProcess = (report: string): readonly number[] => {
  const pid = /"child-pid":\s*(\d+)/.exec(report)?.[1]
  return pid !== undefined && /^NSpid:\s.*\s1$/m.test(readText(`/proc/${pid}/status`) ?? '') ? [Number(pid)] : []
}

/**
 * Kills a command with everything it started, at any moment of its life. bubblewrap ties the first process of the new
 * process namespace to itself only some time after making it: killed in between, 2 of 24 commands on a busy machine ran
 * on. So bubblewrap is stopped first, then what it has started is killed (a namespace ends with its first process), and
 * then bubblewrap.
 */
export const killCommand = async (child: ChildProcess, report: () => string): Promise<void> => {
  const { pid } = child
  if (pid === undefined || hasEnded(child)) return
  signal(pid, 'SIGSTOP')
  for (let tries = 0; tries < STOP_TRIES && !hasEnded(child); tries += 1) {
    if (['T', 't', 'Z', undefined].includes(stateOf(pid))) break
    await sleep(1)
  }
  const started = readText(`/proc/${pid}/task/${pid}/children`)?.split(' ').filter(Boolean).map(Number) ?? []
  if (hasEnded(child)) return
  for (const each of new Set([...started, ...reportedProcess(report())])) signal(each, 'SIGKILL')
  child.kill('SIGKILL')
}

const GONE_TRIES = 2000

/**
 * Waits until the command's process namespace is empty. bubblewrap ends with the command's first process, and what that
 * left behind is killed by the kernel a moment later: nothing may run on when a command is said to have ended.
 */
export const endRemains = async (report: string): Promise<void> => {
  for (const pid of reportedProcess(report)) {
    // A namespace whose first process is a zombie has lost all others.
    for (let tries = 0; tries < GONE_TRIES && !['Z', 'X', undefined].includes(stateOf(pid)); tries += 1) {
      signal(pid, 'SIGKILL')
      await sleep(1)
    }
  }
}
