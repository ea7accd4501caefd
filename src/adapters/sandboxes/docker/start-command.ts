import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { GanderError } from '#domain/failure'
import type { ProcessEnd } from '#ports'
import { exitStatus } from '../bubblewrap/exit-status.ts'
import { type CommandGroup, makeCommandGroup } from './command-group.ts'
import { type Container, outOfMemoryKills } from './container.ts'

/** One command, checked and ready to be started. */
export interface Command {
  readonly argv: readonly string[]
  /** Absolute, inside. */
  readonly folder: string
  readonly environment: { readonly [name: string]: string }
  readonly timeout_ms: number
  readonly signal: AbortSignal | undefined
}

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

/**
 * Says which process it is and waits for the word: until it is in a group of its own, nothing of the command's runs.
 * `read` takes the line byte by byte, so that the rest of the input is the command's.
 */
const GATE = `printf '%s\\n' "$$"
IFS= read -r word && [ "$word" = go ] || exit 125
cd -- "$1" 2>/dev/null || { printf 'not started: the folder %s cannot be entered\\n' "$1" >&2; exit 126; }
shift
exec env -i "$@"`

/** How often the end of a command's first process is looked for: its descendants may hold its output open for long. */
const WATCH_MS = 5
const CLOSE_GRACE_MS = 5000
const HELLO_MS = 30_000
/** Longest greeting: a process id and a line end. */
const GREETING_BYTES = 12

type Ending = ProcessEnd['ended_by']

interface Greeting {
  readonly pid: number
  readonly rest: Buffer
}

const greeting = (child: ChildProcessWithoutNullStreams): Promise<Greeting | undefined> =>
  new Promise((resolve) => {
    let held = Buffer.alloc(0)
    const settle = (value: Greeting | undefined): void => {
      clearTimeout(timer)
      child.stdout.off('data', onChunk)
      child.stdout.pause()
      resolve(value)
    }
    const onChunk = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk])
      const end = held.indexOf(10)
      if (end === -1 && held.length <= GREETING_BYTES) return
      const pid = /^\d+$/.test(held.subarray(0, end).toString('latin1')) ? Number(held.subarray(0, end)) : undefined
      settle(pid === undefined ? undefined : { pid, rest: held.subarray(end + 1) })
    }
    const timer = setTimeout(() => settle(undefined), HELLO_MS)
    child.stdout.on('data', onChunk)
    child.once('close', () => settle(undefined))
    child.once('error', () => settle(undefined))
  })

const commandLine = (container: Container, command: Command): readonly string[] => [
  ...container.engine.address,
  'exec',
  '--interactive',
  '--user',
  `${container.uid}:${container.uid}`,
  '--workdir',
  '/',
  '--',
  container.id,
  'sh',
  '-c',
  GATE,
  'gander',
  command.folder,
  ...Object.entries(command.environment).map(([name, value]) => `${name}=${value}`),
  // `env` takes leading words with an equals sign for variables; a program with such a name goes through a shell.
  ...(command.argv[0]?.includes('=') === true ? ['sh', '-c', 'exec "$@"', 'sh'] : []),
  ...command.argv,
]

const eventOf = (child: ChildProcessWithoutNullStreams, event: 'exit' | 'close'): Promise<number | null> =>
  new Promise((resolve) => {
    child.once(event, (code: number | null) => resolve(code))
    child.once('error', () => resolve(null))
  })

const unavailable = (why: string): GanderError =>
  new GanderError(
    'sandbox_unavailable',
    `The sandbox refused to start a command: ${why.trim() || 'no reason given'}.`,
    {
      retryable: true,
    },
  )

/** Looks until the first process has ended, then ends what it left behind. */
const buryAfter = async (group: CommandGroup, closed: Promise<unknown>): Promise<void> => {
  const isClosed = closed.then(() => true)
  while (group.leads()) if (await Promise.race([isClosed, sleep(WATCH_MS).then(() => false)])) break
  await group.end()
}

const spawned = async (child: ChildProcessWithoutNullStreams): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve())
    child.once('error', reject)
  })

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

/** Follows the engine's client to its greeting and puts the process that greets into a group. */
const admit = async (container: Container, child: ChildProcessWithoutNullStreams): Promise<CommandGroup> => {
  let complaint = ''
  const complain = (chunk: Buffer): void => void (complaint = (complaint + chunk.toString('utf8')).slice(0, 2000))
  child.stderr.on('data', complain)
  const hello = greeting(child)
  await spawned(child)
  const greeted = await hello
  const group = greeted === undefined ? undefined : makeCommandGroup(container, greeted.pid)
  if (greeted === undefined || group === undefined) {
    child.kill('SIGKILL')
    throw unavailable(complaint)
  }
  child.stderr.off('data', complain)
  child.stderr.pause()
  if (greeted.rest.length > 0) child.stdout.unshift(greeted.rest)
  return group
}

/** Starts one command behind a gate. @throws GanderError `sandbox_unavailable`, and what `spawn` rejects with */
export const startCommand = async (container: Container, command: Command): Promise<RunningCommand> => {
  const began = performance.now()
  const kills_before = outOfMemoryKills(container.cgroups)
  const cutting = cuttingOf(command)
  try {
    const child = spawn(container.engine.program, commandLine(container, command), {
      env: container.engine.environment,
      cwd: '/',
    })
    child.stdin.on('error', () => undefined)
    const exited = eventOf(child, 'exit')
    const closed = eventOf(child, 'close')
    const group = await admit(container, child)
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
