import { checkFiles, type LockfileReport, type LockfileTree } from './check-lockfiles.ts'
import { kindOf } from './find-lockfiles.ts'
import type { LockEntry } from './lock-entry.ts'
import { problem, type LockfileProblem } from './lockfile-problem.ts'

/**
 * What a change does to lockfiles that makes them worse: a problem that the base does not have, another host than the
 * base names, and another hash for a version that was pinned before. What was wrong already is not the change's doing.
 */
export async function checkLockfileChange(
  base: LockfileTree,
  head: LockfileTree,
  changed: readonly string[],
): Promise<readonly LockfileProblem[]> {
  const wanted = changed.flatMap((path) => {
    const kind = kindOf(path)
    return kind === undefined ? [] : [{ path, kind }]
  })
  if (wanted.length === 0) return []
  const [before, after] = await Promise.all([checkFiles(base, wanted), checkFiles(head, wanted)])
  const known = new Set(before.problems.map(identity))
  return [
    ...after.problems.filter((found) => !known.has(identity(found))),
    ...newHosts(before, after),
    ...replaced(before, after),
  ]
}

const identity = ({ rule, path, message }: LockfileProblem): string => JSON.stringify([rule, path, message])

function newHosts(before: LockfileReport, after: LockfileReport): readonly LockfileProblem[] {
  const known = new Set(before.hosts.map(({ host }) => host))
  // The first lockfile of a repository names its hosts for the first time; the setup asks about them.
  if (before.files.length === 0) return []
  return after.hosts
    .filter(({ host }) => !known.has(host))
    .map((entry) =>
      problem('lockfile.address', entry, `${entry.package} is fetched from ${entry.host}, which nothing was before`),
    )
}

function replaced(before: LockfileReport, after: LockfileReport): readonly LockfileProblem[] {
  return after.files.flatMap(({ path, entries }) => {
    const old = before.files.find((file) => file.path === path)
    const pinned = new Map((old?.entries ?? []).map((entry) => [keyOf(entry), entry]))
    return entries.flatMap((entry) => {
      const was = pinned.get(keyOf(entry))
      const at = { path, line: entry.line }
      // What is no hash, or no registry's any more, is a problem by itself.
      if (was === undefined || entry.source !== 'registry' || entry.integrity === '') return []
      if (hashesOf(was).length > 0 && entry.integrity === undefined)
        return [problem('lockfile.integrity', at, `${entry.name}@${entry.version} has lost its hash`)]
      if (sameHashes(was, entry)) return []
      return [problem('lockfile.replaced', at, `${entry.name}@${entry.version} has another hash`)]
    })
  })
}

const hashesOf = ({ integrity = '' }: LockEntry): readonly string[] =>
  integrity.split(/\s+/).filter((hash) => hash !== '')

const keyOf = ({ name, version, files = [] }: LockEntry): string => JSON.stringify([name, version, files])

/** A hash may be added beside the ones there were, of a stronger kind or for another platform. */
function sameHashes(was: LockEntry, now: LockEntry): boolean {
  const [old, current] = [hashesOf(was), hashesOf(now)]
  return old.length === 0 || old.some((hash) => current.includes(hash))
}
