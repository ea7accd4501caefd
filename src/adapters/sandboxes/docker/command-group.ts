import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from './container.ts'

/**
 * The control group of one command, made below the container's own and outside what the command can see or write. What
 * a command starts is born into it, however it detaches itself, so that ending the group ends all of it.
 */
export interface CommandGroup {
  /** True while the command's own first process runs. */
  leads(): boolean
  /** Ends every process in it and removes it. Never rejects. */
  end(): Promise<void>
}

const COLLECT_MS = 500

const membersOf = (folder: string): readonly number[] => {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

interface Life {
  /** Clock ticks from boot to its start: tells a number that was given anew apart. */
  readonly started: string | undefined
  readonly runs: boolean
}

const GONE: Life = { started: undefined, runs: false }

const lifeOf = (pid: number): Life => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { started: fields[19], runs: fields[0] !== 'Z' && fields[0] !== 'X' }
  } catch {
    return GONE
  }
}

const innerPid = (pid: number): number | undefined => {
  try {
    const last = /^NSpid:.*?(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return last === undefined ? undefined : Number(last)
  } catch {
    return undefined
  }
}

const tryWrite = (path: string, value: string): void => {
  try {
    writeFileSync(path, value)
  } catch {
    // The group is gone, or has no such file.
  }
}

const killAll = (folder: string, version: 'v1' | 'v2'): void => {
  if (version === 'v2' && existsSync(join(folder, 'cgroup.kill'))) return tryWrite(join(folder, 'cgroup.kill'), '1')
  // Frozen first, so that nothing forks away from the kill.
  if (version === 'v1') tryWrite(join(folder, 'freezer.state'), 'FROZEN')
  for (const pid of membersOf(folder)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself in the meantime.
    }
  }
  if (version === 'v1') tryWrite(join(folder, 'freezer.state'), 'THAWED')
}

/** A killed process that nobody has collected yet still counts against the limit of processes. */
const collected = async (killed: ReadonlyMap<number, string>): Promise<void> => {
  const late = performance.now() + COLLECT_MS
  for (const [pid, started] of killed)
    while (lifeOf(pid).started === started && performance.now() < late) await sleep(2)
}

const endGroup = async (folder: string, version: 'v1' | 'v2'): Promise<void> => {
  const killed = new Map<number, string>()
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const members = membersOf(folder)
    for (const pid of members) killed.set(pid, lifeOf(pid).started ?? '')
    if (members.length > 0) killAll(folder, version)
    try {
      rmdirSync(folder)
      return await collected(killed)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      await sleep(attempt < 20 ? 2 : 25)
    }
  }
}

/** Puts the process that calls itself `inner` in the container into a group of its own; undefined when it is gone. */
export const makeCommandGroup = (container: Container, inner: number): CommandGroup | undefined => {
  const { processes, version } = container.cgroups
  const pid = membersOf(processes).find((each) => innerPid(each) === inner)
  const life = pid === undefined ? GONE : lifeOf(pid)
  if (pid === undefined || !life.runs) return undefined
  const leads = (): boolean => {
    const now = lifeOf(pid)
    return now.runs && now.started === life.started
  }
  const folder = join(processes, `gander-${randomBytes(6).toString('hex')}`)
  mkdirSync(folder)
  try {
    writeFileSync(join(folder, 'cgroup.procs'), String(pid))
  } catch (error) {
    rmdirSync(folder)
    if (!leads()) return undefined
    throw error
  }
  return { leads, end: () => endGroup(folder, version) }
}
