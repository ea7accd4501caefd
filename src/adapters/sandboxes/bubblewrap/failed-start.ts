import { GanderError } from '#domain/failure'
import type { ExecResult } from '#ports'
import { notStarted } from '../fence/not-started.ts'

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
