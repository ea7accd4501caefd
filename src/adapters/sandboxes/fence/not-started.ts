import { GanderError } from '#domain/failure'
import type { ExecResult, SandboxProcess } from '#ports'

/** A result for a command that never started for a reason of its own. */
export const notStarted = (why: string, exit_code = 126): ExecResult => ({
  exit_code,
  signal: null,
  ended_by: 'exit',
  stdout: '',
  stderr: `not started: ${why}\n`,
  truncated_bytes: 0,
  duration_ms: 0,
})

/** What spawning failed with: arguments that are too long are the command's fault. @throws GanderError for the rest */
export const spawnFailure = (error: unknown): ExecResult => {
  if ((error as NodeJS.ErrnoException).code === 'E2BIG')
    return notStarted('the arguments are longer than the system takes')
  throw new GanderError('sandbox_unavailable', `A command could not be started: ${String(error)}.`, {
    cause: error,
    retryable: true,
  })
}

const NOTHING: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => readNothing() }
const readNothing = async function* (): AsyncGenerator<Uint8Array> {
  yield* []
}

/** What a writer is told whose command has ended. */
export const readsNoMore = (): Error => new Error('The command reads no more.')

/** A process that never was, for a command that could not start for a reason of its own. */
export const stillborn = ({ exit_code, signal, ended_by, stderr, duration_ms }: ExecResult): SandboxProcess => ({
  output: NOTHING,
  errors: () => stderr,
  write: () => Promise.reject(readsNoMore()),
  closeInput: () => undefined,
  ended: Promise.resolve({ exit_code, signal, ended_by, duration_ms }),
  kill: () => Promise.resolve(),
})
