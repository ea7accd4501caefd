import { GanderError, isGanderError } from './gander-error.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'])

/**
 * Turns what a file system refused into the error a person can act on; anything else comes back as it was thrown.
 * `unwritable` names further codes that mean a path cannot be had, such as ENOENT where a folder was just made.
 */
export function storageFailure(error: unknown, path: string, unwritable: readonly string[] = []): unknown {
  if (isGanderError(error) || !(error instanceof Error)) return error
  const reason = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const facts = { path, reason }
  if (FULL.has(reason))
    return new GanderError('storage_full', `There is no space left at ${path}.`, {
      facts,
      cause: error,
      retryable: true,
    })
  if (!UNWRITABLE.has(reason) && !unwritable.includes(reason)) return error
  return new GanderError('storage_unwritable', `${path} cannot be read or written: ${reason}.`, { facts, cause: error })
}
