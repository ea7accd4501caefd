import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { Readable, Writable } from 'node:stream'
import type { ExecResult } from '#ports'
import { exitStatus } from '../fence/exit-status.ts'
import { endRemains, killCommand } from './kill-command.ts'
import type { OutputPipes, PipeLease } from './output-pipes.ts'

/** One command, ready to be started. */
export interface CommandLaunch {
  readonly shell: string
  readonly launch: readonly string[]
  readonly bubblewrap: readonly string[]
  readonly seccomp: Buffer
  readonly pipes: OutputPipes
  /** Descriptors above the driver's own that this process inherited and must not pass on. */
  readonly shield: readonly ('ignore' | number)[]
  readonly timeout_ms: number
  readonly signal: AbortSignal | undefined
  /** True when a program of ours starts the command inside, and its own words tell that it could not. */
  readonly wrapped: boolean
  /** Processes killed for lack of memory so far. */
  readonly outOfMemoryKills: () => number
}

/** Descriptors of bubblewrap: its arguments, the system-call filter, and its own report of the end. */
export const ARGS_FD = 3
export const SECCOMP_FD = 4
export const REPORT_FD = 5

/** After the kill of a process namespace its pipes close within milliseconds; more means something outside holds on. */
const CLOSE_GRACE_MS = 2000

type EndedBy = ExecResult['ended_by']

/** How a command ended, seen from outside. */
interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly by: EndedBy
}

/** A started command. */
export interface SpawnedCommand {
  /** Undefined where the command has no standard input. */
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  readonly stderr: Readable
  /** bubblewrap's own report so far; what runs inside cannot write to it. */
  report(): string
  /** Resolves at the first word of the report, or when there will be none. */
  readonly reported: Promise<void>
  /** Resolves when nothing of it runs any more; rejects when it could not be spawned. */
  readonly ended: Promise<Ending>
  kill(reason: EndedBy): void
  /** Waits until the outputs are read to their end; cut off where something holds on to them. */
  drain(): Promise<void>
  /** Gives the pipes back; to be called once, last. */
  release(): void
  /** Gives the pipes back when somebody has read both outputs, or has stopped to. */
  releaseWhenRead(): void
}

const feed = (child: ChildProcess, fd: number, content: string | Buffer): void => {
  const pipe = child.stdio[fd]
  if (!(pipe instanceof Writable)) return
  // A command that ends early, or never reads, is no failure of ours.
  pipe.on('error', () => undefined)
  pipe.end(content)
}

const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.closed) resolve()
    stream.once('close', () => resolve())
    stream.once('error', () => resolve())
  })

const within = async (milliseconds: number, act: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  const first = await Promise.race([act.then(() => true), late])
  clearTimeout(timer)
  return first
}

/** Waits for the end, by itself or by our hand. */
const supervise = (child: ChildProcess, report: () => string, run: CommandLaunch) => {
  let by: EndedBy = 'exit'
  const kill = (reason: EndedBy): void => {
    if (by !== 'exit') return
    by = reason
    void killCommand(child, report)
  }
  const ended = new Promise<Ending>((resolve, reject) => {
    const timer = setTimeout(() => kill('timeout'), Math.min(Math.max(run.timeout_ms, 0), 0x7fff_ffff))
    const onAbort = (): void => kill('aborted')
    run.signal?.addEventListener('abort', onAbort)
    if (run.signal?.aborted === true) onAbort()
    const settle = (): void => {
      clearTimeout(timer)
      run.signal?.removeEventListener('abort', onAbort)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('exit', (code, signal) => {
      settle()
      resolve({ code, signal, by })
    })
  })
  return { ended, kill }
}

const spawnChild = (run: CommandLaunch, lease: PipeLease | undefined, stdin: 'pipe' | 'ignore'): ChildProcess => {
  const stdio: StdioOptions = [
    stdin,
    lease?.out.fd ?? 'pipe',
    lease?.err.fd ?? 'pipe',
    ...(['pipe', 'pipe', 'pipe'] as const),
    ...run.shield,
  ]
  return spawn(run.shell, run.launch, { env: {}, cwd: '/', stdio })
}

/** Collects the report as it comes. */
const readReport = (child: ChildProcess) => {
  const all: readonly unknown[] = child.stdio
  const stream = all[REPORT_FD]
  let text = ''
  if (!(stream instanceof Readable)) return { text: () => text, first: Promise.resolve(), end: Promise.resolve() }
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  const end = closed(stream)
  const first = new Promise<void>((resolve) => {
    stream.once('data', () => resolve())
    void end.then(resolve)
  })
  return { text: () => text, first, end }
}

/** Starts one command behind the whole fence. Throws what `spawn` throws; a rejected `ended` is its error. */
export const spawnCommand = (run: CommandLaunch, stdin: 'pipe' | 'ignore'): SpawnedCommand => {
  const lease = run.pipes.take()
  let clean = false
  try {
    const child = spawnChild(run, lease, stdin)
    lease?.handedOver()
    const report = readReport(child)
    const { ended, kill } = supervise(child, report.text, run)
    feed(child, ARGS_FD, run.bubblewrap.map((argument) => `${argument}\0`).join(''))
    feed(child, SECCOMP_FD, run.seccomp)
    child.stdin?.on('error', () => undefined)
    const stdout = lease?.out.stream ?? child.stdout ?? Readable.from([])
    const stderr = lease?.err.stream ?? child.stderr ?? Readable.from([])
    const all_closed = Promise.all([closed(stdout), closed(stderr)])
    return {
      stdin: child.stdin ?? undefined,
      stdout,
      stderr,
      report: report.text,
      reported: report.first,
      ended: ended.then(async (ending) => {
        await within(CLOSE_GRACE_MS, report.end)
        await endRemains(report.text())
        return ending
      }),
      kill,
      drain: async () => {
        clean = await within(CLOSE_GRACE_MS, all_closed)
        if (!clean) for (const stream of [stdout, stderr]) stream.destroy()
      },
      release: () => lease?.giveBack(clean),
      releaseWhenRead: () => void all_closed.then(() => lease?.giveBack(true)),
    }
  } catch (error) {
    lease?.giveBack(false)
    throw error
  }
}

const KILLED = { exit_code: null, signal: 'SIGKILL' } as const

/** The end of a command that did start, in the words of the port. */
export const describeEnd = (
  ending: Ending,
  killed_for_memory: boolean,
): Pick<ExecResult, 'exit_code' | 'signal' | 'ended_by'> => {
  if (ending.by !== 'exit') return { ...KILLED, ended_by: ending.by }
  if (ending.code !== 0 && killed_for_memory) return { ...KILLED, ended_by: 'out_of_memory' }
  return { ...exitStatus(ending.code, ending.signal), ended_by: 'exit' }
}
