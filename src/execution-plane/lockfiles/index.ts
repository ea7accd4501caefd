/**
 * Decides whether the lockfiles of a repository may be installed from: every package from a registry, by its own name,
 * pinned by a hash. Owns the readers of the formats (npm, pnpm, yarn, pip, Poetry, uv, Go, Cargo, Maven), the hosts they
 * name, and what a change may not do to them. Whether a host is open is the policy's word.
 */
export { checkLockfileChange } from './check-lockfile-change.ts'
export { checkLockfiles, readLockfile } from './check-lockfiles.ts'
export type { LockEntry, LockfileKind } from './lock-entry.ts'
export { problemText, type LockfileProblem } from './lockfile-problem.ts'
export { isInside, sourceOf } from './references.ts'
