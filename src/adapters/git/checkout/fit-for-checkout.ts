import { GanderError } from '#domain/failure'
import { foldedName, isDotGit, shownName } from '../objects/path-name.ts'
import type { ListedEntry } from './list-tree.ts'

/** What a tree may hold before it is refused as too large to work on. */
export interface CheckoutLimits {
  readonly files: number
  readonly bytes: number
  readonly file_bytes: number
}

/**
 * Refuses a tree that cannot be worked on safely: too large, with a `.git` inside, or with two paths that are one file
 * where case or Unicode form does not count (policy compares paths that way, so one would speak for the other).
 * @throws GanderError `source_too_large`, `repository_unreadable`
 */
export function refuseUnfit(entries: readonly ListedEntry[], shown: string, limits: CheckoutLimits): void {
  if (entries.length > limits.files) throw tooLarge(shown, `it has more than ${limits.files} files`)
  let total = 0
  for (const entry of entries) {
    total += entry.bytes
    if (entry.bytes > limits.file_bytes)
      throw tooLarge(shown, `${shownName(entry.path)} is larger than ${limits.file_bytes} bytes`)
    if (entry.path.split('/').some(isDotGit)) throw unfit(shown, `${shownName(entry.path)} lies in a nested .git`)
  }
  if (total > limits.bytes) throw tooLarge(shown, `its files are larger than ${limits.bytes} bytes together`)
  refuseTwins(entries, shown)
}

function refuseTwins(entries: readonly ListedEntry[], shown: string): void {
  const folders = new Set<string>()
  for (const { path } of entries)
    for (let at = path.lastIndexOf('/'); at > 0 && !folders.has(path.slice(0, at)); at = path.lastIndexOf('/', at - 1))
      folders.add(path.slice(0, at))
  const seen = new Map<string, string>()
  for (const path of [...folders, ...entries.map((entry) => entry.path)]) {
    const folded = foldedName(path)
    const other = seen.get(folded)
    if (other !== undefined && other !== path)
      throw unfit(shown, `${shownName(other)} and ${shownName(path)} differ only in letter case or Unicode form`)
    seen.set(folded, path)
  }
}

const unfit = (shown: string, why: string): GanderError =>
  new GanderError('repository_unreadable', `${shown} cannot be worked on at this commit: ${why}.`, {
    remedy: 'Change the repository, or give another --base.',
  })

const tooLarge = (shown: string, why: string): GanderError =>
  new GanderError('source_too_large', `${shown} cannot be worked on at this commit: ${why}.`)
