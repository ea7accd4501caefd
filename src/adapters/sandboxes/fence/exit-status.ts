import { constants } from 'node:os'
import type { ExecResult } from '#ports'

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

/**
 * How the command inside ended. bubblewrap passes a death by signal on as 128 + signal, as shells do, so that an
 * `exit 139` cannot be told from a crash; it is read as the crash it nearly always is.
 */
export const exitStatus = (code: number | null, signal: string | null): Pick<ExecResult, 'exit_code' | 'signal'> => {
  if (code === null) return { exit_code: null, signal }
  const name = code > 128 ? SIGNAL_NAMES.get(code - 128) : undefined
  return name === undefined ? { exit_code: code, signal: null } : { exit_code: null, signal: name }
}
