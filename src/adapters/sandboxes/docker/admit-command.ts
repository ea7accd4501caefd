import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { GanderError, isGanderError } from '#domain/failure'
import { type CommandGroup, makeCommandGroup } from './command-group.ts'
import type { Container } from './container.ts'

/** One command, checked and ready to be started. */
export interface Command {
  readonly argv: readonly string[]
  /** Absolute, inside. */
  readonly folder: string
  readonly environment: { readonly [name: string]: string }
  readonly timeout_ms: number
  readonly signal: AbortSignal | undefined
}

/** A command that waits at its gate, in a group of its own: `go` and a line end on its input let it run. */
export interface AdmittedCommand {
  readonly child: ChildProcessWithoutNullStreams
  readonly group: CommandGroup
  /** Exit code of the engine's client; null when it was killed. */
  readonly exited: Promise<number | null>
  readonly closed: Promise<unknown>
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

const HELLO_MS = 30_000
/** Longest greeting: a process id and a line end. */
const GREETING_BYTES = 12
/** For so long, counted from the first try, a start that the engine failed at is tried again. */
const PATIENCE_MS = 5000
const PAUSES_MS = [10, 40, 100, 250, 500]

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

/** What no second try changes: the image lacks the gate's shell. */
const LASTING = /executable file not found|no such file or directory/i

const unavailable = (why: string): GanderError =>
  new GanderError(
    'sandbox_unavailable',
    `The sandbox refused to start a command: ${why.trim() || 'no reason given'}.`,
    { retryable: !LASTING.test(why) },
  )

const spawned = async (child: ChildProcessWithoutNullStreams): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve())
    child.once('error', reject)
  })

/** Follows the engine's client to its greeting and puts the process that greets into a group. */
const admitOnce = async (container: Container, command: Command): Promise<AdmittedCommand> => {
  const child = spawn(container.engine.program, commandLine(container, command), {
    env: container.engine.environment,
    cwd: '/',
  })
  child.stdin.on('error', () => undefined)
  const [exited, closed] = [eventOf(child, 'exit'), eventOf(child, 'close')]
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
  return { child, group, exited, closed }
}

/**
 * Brings one command to its gate. An engine enters a container with a dozen threads of its own, which count against the
 * container's limits: where another command has just used these up, podman's start failed in the middle. Nothing of the
 * command runs before the gate opens, so it may be started again as often as it takes. Undefined when `isCut` said
 * between two tries that it is no longer wanted.
 * @throws GanderError `sandbox_unavailable`, and what `spawn` rejects with
 */
export const admitCommand = async (
  container: Container,
  command: Command,
  isCut: () => boolean,
): Promise<AdmittedCommand | undefined> => {
  const began = performance.now()
  for (let tries = 0; ; tries += 1) {
    try {
      return await admitOnce(container, command)
    } catch (error) {
      if (isCut()) return undefined
      const again = isGanderError(error) && error.retryable && existsSync(container.root)
      if (!again || performance.now() - began > PATIENCE_MS) throw error
      await sleep(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)])
    }
  }
}
