import { GanderError, storageFailure } from '#domain/failure'

/** What the server's folders, made a moment ago, cannot be missing for another reason. */
const LOST = ['EEXIST', 'ENOENT']

/** Names what the file system refused for the server's folders; anything else comes back as it was thrown. */
export const folderFailure = (error: unknown, path: string): unknown => storageFailure(error, path, LOST)

/** The same for a program that only left words behind; undefined when its words name no storage failure. */
export function storageFailureIn(output: string, path: string): GanderError | undefined {
  const facts = { path }
  if (/No space left on device|Disk quota exceeded/i.test(output))
    return new GanderError('storage_full', `No space is left for the database in ${path}.`, { facts })
  if (/Read-only file system|Permission denied/i.test(output))
    return new GanderError('storage_unwritable', `The database cannot write to ${path}.`, { facts })
  return undefined
}
