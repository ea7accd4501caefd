import { GanderError, isGanderError } from '#domain/failure'

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ELOOP', 'ENAMETOOLONG'])

/** Names what the file system refused; anything else comes back as it was thrown. */
export function storageFailure(error: unknown, path: string): unknown {
  if (isGanderError(error) || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const facts = { path, reason: code }
  if (FULL.has(code)) return new GanderError('storage_full', `No space is left for ${path}.`, { facts, cause: error })
  if (!UNWRITABLE.has(code)) return error
  return new GanderError('storage_unwritable', `${path} cannot be written (${code}).`, { facts, cause: error })
}

/** The same for a program that only left words behind; undefined when its words name no storage failure. */
export function storageFailureIn(output: string, path: string): GanderError | undefined {
  const facts = { path }
  if (/No space left on device|Disk quota exceeded/i.test(output))
    return new GanderError('storage_full', `No space is left for the database in ${path}.`, { facts })
  if (/Read-only file system|Permission denied/i.test(output))
    return new GanderError('storage_unwritable', `The database cannot write to ${path}.`, { facts })
  return undefined
}
