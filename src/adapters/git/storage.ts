import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { GanderError } from '#domain/failure'

/** Turns what the file system refused into the error a person can act on; anything else passes through. */
export function storageFailure(error: unknown, path: string): unknown {
  if (error instanceof GanderError || !(error instanceof Error)) return error
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new GanderError('storage_full', `There is no space left at ${path}.`, { cause: error, retryable: true })
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR')
    return new GanderError('storage_unwritable', `${path} cannot be written: ${code}.`, { cause: error })
  return error
}

/** Removes folders named `.new-PID-…` that a killed process left half-made; a live one keeps its own. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^\.new-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
