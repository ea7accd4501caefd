import { type ChildProcess, spawn } from 'node:child_process'
import { Readable, Writable } from 'node:stream'
import type { ExecResult } from '#ports'
import { GanderError, isGanderError } from '#domain/failure'
import { captureStream, readWithin } from './captured-output.ts'
import { exitStatus } from './exit-status.ts'
import { killCommand } from './kill-command.ts'
import type { OutputPipes, PipeLease } from './output-pipes.ts'

/** One command, ready to be started. */
export interface CommandRun {
  readonly shell: string
  readonly launch: readonly string[]
  readonly bubblewrap: readonly string[]
  readonly seccomp: Buffer
  readonly pipes: OutputPipes
  /** Descriptors above the driver's own that this process inherited and must not pass on. */
  readonly shield: readonly ('ignore' | number)[]
  readonly stdin: string | undefined
  readonly timeout_ms: number
  readonly output_bytes: number
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

const feed = (child: ChildProcess, fd: number, content: string | Buffer): void => {
  const pipe = child.stdio[fd]
  if (!(pipe instanceof Writable)) return
  // A command that ends early, or never reads, is no failure of ours.
  pipe.on('error', () => undefined)
  pipe.end(content)
}

const readableOf = (child: ChildProcess, fd: number): readonly Readable[] => {
  const all: readonly unknown[] = child.stdio
  const pipe = all[fd]
  return pipe instanceof Readable ? [pipe] : []
}

const ended = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    stream.once('close', () => resolve())
    stream.once('error', () => resolve())
  })

type EndedBy = ExecResult['ended_by']

interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly by: EndedBy
}

/** Waits for the end, by itself or by our hand. */
const supervise = (child: ChildProcess, report: () => string, run: CommandRun): Promise<Ending> =>
  new Promise((resolve, reject) => {
    let by: EndedBy = 'exit'
    const kill = (reason: EndedBy): void => {
      if (by !== 'exit') return
      by = reason
      void killCommand(child, report)
    }
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

/** Waits until every writer has closed its end; what does not close in time is cut off. */
const drain = async (closed: Promise<unknown>, streams: readonly Readable[]): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), CLOSE_GRACE_MS)
  })
  const first = await Promise.race([closed, late])
  clearTimeout(timer)
  if (first !== 'late') return true
  for (const stream of streams) stream.destroy()
  return false
}

/** A result for a command that never started for a reason of its own. */
export const notStarted = (why: string, exit_code = 126): ExecResult => ({
  exit_code,
  signal: null,
  ended_by: 'exit',
  stdout: '',
  stderr: `not started: ${why}\n`,
  truncated_bytes: 0,
  duration_ms: 0,
  refused_hosts: [],
})

const spawnFailure = (error: unknown): ExecResult => {
  if ((error as NodeJS.ErrnoException).code === 'E2BIG')
    return notStarted('the arguments are longer than the system takes')
  throw new GanderError('sandbox_unavailable', `A command could not be started: ${String(error)}.`, {
    cause: error,
    retryable: true,
  })
}

const EXTRA_STDIO = ['pipe', 'pipe', 'pipe'] as const

const start = (run: CommandRun, lease: PipeLease | undefined): ChildProcess =>
  spawn(run.shell, run.launch, {
    env: {},
    cwd: '/',
    stdio: [
      run.stdin === undefined ? 'ignore' : 'pipe',
      lease?.out.fd ?? 'pipe',
      lease?.err.fd ?? 'pipe',
      ...EXTRA_STDIO,
      ...run.shield,
    ],
  })

/** What a setup that failed says about itself; a folder that is not there is the command's fault, the rest is ours. */
const setupFailure = (code: number | null, stderr: string): ExecResult => {
  const folder = /^bwrap: Can't chdir to (.*?): (.*)$/m.exec(stderr)
  if (folder !== null) return notStarted(`the folder ${folder[1]} cannot be entered: ${folder[2]}`)
  throw new GanderError(
    'sandbox_unavailable',
    `The sandbox refused to start a command (${code}): ${stderr.trim() || 'no reason was given'}.`,
  )
}

const MISSING =
  /^(bwrap: execvp|prlimit: failed to execute|bridge: cannot start) (.*): (No such file or directory|Permission denied|Exec format error)\s*$/

/** Only bubblewrap itself, whose report cannot be forged, is believed where nothing else of ours runs inside. */
const missingProgram = (code: number | null, stderr: string, by_wrapper: boolean): ExecResult | undefined => {
  const [, speaker, program, why] = code === null ? [] : (MISSING.exec(stderr) ?? [])
  if (why === undefined || speaker?.startsWith('bwrap') === by_wrapper) return undefined
  const absent = why === 'No such file or directory'
  return notStarted(`${program}: ${why}${absent ? ` on the sandbox's PATH` : ''}`, absent ? 127 : 126)
}

/** Starts one command and follows it to its end. @throws GanderError `sandbox_unavailable` */
export const runCommand = async (run: CommandRun): Promise<ExecResult> => {
  const started = performance.now()
  const kills_before = run.outOfMemoryKills()
  let lease: PipeLease | undefined
  let clean = false
  try {
    lease = run.pipes.take()
    const child = start(run, lease)
    lease?.handedOver()
    const streams = [lease?.out.stream ?? child.stdout, lease?.err.stream ?? child.stderr].filter(
      (stream) => stream !== null,
    )
    const [out, err] = [captureStream(run.output_bytes), captureStream(run.output_bytes)]
    streams.forEach((stream, index) => stream.on('data', (chunk: Buffer) => (index === 0 ? out : err).push(chunk)))
    let report = ''
    const reporting = readableOf(child, REPORT_FD)
    for (const stream of reporting) stream.on('data', (chunk: Buffer) => (report += chunk.toString('latin1')))
    const closed = Promise.all([...streams, ...reporting].map(ended))
    const supervised = supervise(child, () => report, run)
    feed(child, ARGS_FD, run.bubblewrap.map((argument) => `${argument}\0`).join(''))
    feed(child, SECCOMP_FD, run.seccomp)
    if (run.stdin !== undefined) feed(child, 0, run.stdin)
    const ending = await supervised
    clean = await drain(closed, streams)
    const output = readWithin(out, err, run.output_bytes)
    const duration_ms = performance.now() - started
    if (ending.by !== 'exit') return { ...KILLED, ended_by: ending.by, ...output, duration_ms }
    if (!report.includes('"exit-code"')) {
      if (run.outOfMemoryKills() > kills_before) return { ...KILLED, ended_by: 'out_of_memory', ...output, duration_ms }
      return missingProgram(ending.code, output.stderr, false) ?? setupFailure(ending.code, output.stderr)
    }
    const missing = run.wrapped ? missingProgram(ending.code, output.stderr, true) : undefined
    if (missing !== undefined) return missing
    if (ending.code !== 0 && run.outOfMemoryKills() > kills_before) {
      return { ...KILLED, ended_by: 'out_of_memory', ...output, duration_ms }
    }
    return { ...exitStatus(ending.code, ending.signal), ended_by: 'exit', ...output, duration_ms, refused_hosts: [] }
  } catch (error) {
    if (isGanderError(error)) throw error
    return spawnFailure(error)
  } finally {
    lease?.giveBack(clean)
  }
}

const KILLED = { exit_code: null, signal: 'SIGKILL', refused_hosts: [] } as const
