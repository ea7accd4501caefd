import { PassThrough, Readable, type Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessEnd } from '#ports'
import { exitStatus } from '../fence/exit-status.ts'
import { admitCommand, type Command } from './admit-command.ts'
import type { CommandGroup } from './command-group.ts'
import { type Container, outOfMemoryKills } from './container.ts'

/** A command that runs. Both outputs stand still until they are read; `closed` tells that nothing more comes. */
export interface RunningCommand {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly closed: Promise<unknown>
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>
  cut(by: 'aborted' | 'timeout'): void
}

/** How often the end of a command's first process is looked for: its descendants may hold its output open for long. */
const WATCH_MS = 5
const CLOSE_GRACE_MS = 5000

type Ending = ProcessEnd['ended_by']

/** Looks until the first process has ended, then ends what it left behind. */
const buryAfter = async (group: CommandGroup, closed: Promise<unknown>): Promise<void> => {
  const isClosed = closed.then(() => true)
  while (group.leads()) if (await Promise.race([isClosed, sleep(WATCH_MS).then(() => false)])) break
  await group.end()
}

interface Cutting {
  by: Ending
  group: CommandGroup | undefined
  readonly cut: (by: Ending) => void
  readonly release: () => void
}

/** Ends the command at its time or at the signal; what comes before it is in a group is remembered. */
const cuttingOf = (command: Command): Cutting => {
  const onAbort = (): void => cutting.cut('aborted')
  const timer = setTimeout(() => cutting.cut('timeout'), Math.min(Math.max(command.timeout_ms, 0), 0x7fff_ffff))
  const cutting: Cutting = {
    by: 'exit',
    group: undefined,
    cut: (by) => {
      if (cutting.by === 'exit') cutting.by = by
      void cutting.group?.end()
    },
    release: () => {
      clearTimeout(timer)
      command.signal?.removeEventListener('abort', onAbort)
    },
  }
  command.signal?.addEventListener('abort', onAbort)
  if (command.signal?.aborted === true) onAbort()
  return cutting
}

/** A command that was cut before the engine had started it: it never ran. */
const neverRan = (cutting: Cutting, began: number): RunningCommand => {
  cutting.release()
  const end: ProcessEnd = {
    exit_code: null,
    signal: 'SIGKILL',
    ended_by: cutting.by,
    duration_ms: performance.now() - began,
  }
  const nothing = (): Readable => Readable.from([])
  // Takes what is written to it and forgets it, as a command that reads nothing would have.
  const stdin = new PassThrough().resume()
  return {
    stdin,
    stdout: nothing(),
    stderr: nothing(),
    closed: Promise.resolve(),
    ended: Promise.resolve(end),
    cut: () => undefined,
  }
}

/** Starts one command behind a gate. @throws GanderError `sandbox_unavailable`, and what `spawn` rejects with */
export const startCommand = async (container: Container, command: Command): Promise<RunningCommand> => {
  const began = performance.now()
  const kills_before = outOfMemoryKills(container.cgroups)
  const cutting = cuttingOf(command)
  try {
    const admitted = await admitCommand(container, command, () => cutting.by !== 'exit')
    if (admitted === undefined) return neverRan(cutting, began)
    const { child, group, exited, closed } = admitted
    cutting.group = group
    if (cutting.by === 'exit') child.stdin.write('go\n')
    else await group.end()
    const finish = async (): Promise<ProcessEnd> => {
      await buryAfter(group, exited)
      const late = setTimeout(() => child.kill('SIGKILL'), CLOSE_GRACE_MS)
      const code = await exited
      clearTimeout(late)
      cutting.release()
      const duration_ms = performance.now() - began
      const starved = code !== 0 && outOfMemoryKills(container.cgroups) > kills_before
      const by = cutting.by === 'exit' && starved ? 'out_of_memory' : cutting.by
      if (by !== 'exit') return { exit_code: null, signal: 'SIGKILL', ended_by: by, duration_ms }
      return { ...exitStatus(code, null), ended_by: 'exit', duration_ms }
    }
    const { stdin, stdout, stderr } = child
    return { stdin, stdout, stderr, closed, ended: finish(), cut: cutting.cut }
  } catch (error) {
    cutting.release()
    throw error
  }
}
