import type { RunId } from '../ids/index.ts'

/** What a task runs again: an earlier run, out of the package that was made of it. */
export interface ReplayOf {
  readonly run_id: RunId
  /** The policy bundle that run was pinned to; null where it was pinned to none. */
  readonly bundle_sha256: string | null
  /** The package, and the conversation a model answers from; both are kept as artifacts of the replay. */
  readonly parts: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[]
}
