import { GanderError } from '#domain/failure'
import type { ExecResult } from '#ports'

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

/** What a start that failed says about itself; a folder that is not there is the command's fault, the rest is ours. */
export const setupFailure = (code: number | null, stderr: string): ExecResult => {
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
export const missingProgram = (code: number | null, stderr: string, by_wrapper: boolean): ExecResult | undefined => {
  const [, speaker, program, why] = code === null ? [] : (MISSING.exec(stderr) ?? [])
  if (why === undefined || speaker?.startsWith('bwrap') === by_wrapper) return undefined
  const absent = why === 'No such file or directory'
  return notStarted(`${program}: ${why}${absent ? ` on the sandbox's PATH` : ''}`, absent ? 127 : 126)
}
