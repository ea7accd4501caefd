/**
 * What it takes to run a run again, and what came of it. Decides whether a package is whole and as it was sealed, and
 * where a replay departs from its original. Owns the package's format: a manifest with the hash of every part, and the
 * parts, redacted as they were recorded.
 */
export { compareRuns } from './compare-runs.ts'
export { openReplayPackage, sealReplayPackage, type ReplayPackage } from './replay-package.ts'
