import type { Change } from '#domain/change'
import type { PinnedSource } from '#domain/task'
import type { PastCommit } from './past-commit.ts'
import type { SandboxCapture } from './sandbox-driver.ts'

export type { PinnedSource }

/** A commit the platform makes; the author and committer are the platform's. */
export interface CommitRequest {
  readonly tree: string
  readonly parent: string
  readonly message: string
  /** Seconds since the epoch; fixed so that a repeated commit has the same id. */
  readonly timestamp: number
}

/**
 * One run's repository: a trusted GIT_DIR outside every sandbox that holds the pinned commit and nothing newer,
 * and trees written from captured workspaces.
 */
export interface RunRepository {
  readonly source: PinnedSource
  /** Absolute path of a read-only checkout of the pinned commit (no .git inside); the lower layer of sandboxes. */
  readonly checkout: string
  /** Materialises any tree of this repository as a read-only folder, reused when it exists. */
  checkoutTree(tree: string): Promise<string>
  /**
   * Writes the tree that a sandbox left behind over the given tree. Paths that the base commit's ignore rules ignore are
   * left out. Never runs git on anything the agent wrote.
   */
  captureTree(over: string, capture: SandboxCapture): Promise<CapturedTree>
  /** Writes into a sandbox's merged tree what makes `from` into `to`. */
  applyTree(
    from: string,
    to: string,
    into: { readonly path: string; readonly uid: number; readonly gid: number },
  ): Promise<void>
  /**
   * Writes a tree nobody proposed: `over` with these paths put or taken away. Blobs must be of this repository. The same
   * edits give the same tree, and no workspace is touched.
   */
  composeTree(over: string, edits: readonly TreeEdit[]): Promise<string>
  /** Writes the tree that a unified diff makes of another; undefined where it does not apply. */
  applyPatch(over: string, patch: Uint8Array): Promise<string | undefined>
  /** Compares two trees. */
  diff(from: string, to: string): Promise<Change>
  /** Blob content; undefined when the path is not in the tree or is no regular file. */
  readFile(tree: string, path: string): Promise<Uint8Array | undefined>
  /** Content of a blob by its id; undefined when this repository has none of it. */
  readBlob(blob: string): Promise<Uint8Array | undefined>
  /** Every path of a tree with mode and blob id, sorted. */
  listFiles(tree: string): Promise<readonly TreeEntry[]>
  /** Makes a commit object; the same request gives the same id. */
  commit(request: CommitRequest): Promise<string>
  /** Lands a commit as `branch` at a git address or path; a branch that already holds it is success. */
  push(commit: string, branch: string, remote: string): Promise<'pushed' | 'already_there'>
  /** Removes the run's folders; the cache stays. */
  remove(): Promise<void>
}

export interface TreeEntry {
  readonly path: string
  readonly mode: string
  readonly blob: string
  readonly bytes: number
}

/** One path of a composed tree: a blob that is there already, new text as a plain file, or null, which takes it away. */
export interface TreeEdit {
  readonly path: string
  readonly put: { readonly mode: string; readonly blob: string } | { readonly content: string } | null
}

export interface CapturedTree {
  readonly tree: string
  /** Entries that git cannot hold or the platform refuses, by path: fifo, socket, device, setuid, nested .git. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[]
}

/** Finds repositories and opens a run's own copy. The user's own checkout is only ever read. */
export interface Repositories {
  /** @throws GanderError `repository_not_found`, `repository_empty`, `repository_unreadable`, `source_too_large`, `ref_not_found` */
  resolve(repository: string, ref: string | null): Promise<PinnedSource>
  /**
   * The nearest commit that both come from, under the name of `base`; undefined where the repository knows of none.
   * @throws GanderError `source_too_large`, `repository_unreadable` and what fetching throws
   */
  mergeBase(base: PinnedSource, head: PinnedSource): Promise<PinnedSource | undefined>
  /**
   * What the pinned commit descends from, newest first and `most` at most, read where the repository is a folder of this
   * machine. Undefined where its history is not at hand, as with a remote one, of which one commit is fetched.
   */
  past(source: PinnedSource, most: number): Promise<readonly PastCommit[] | undefined>
  /** Every path of the pinned commit, sorted; no run is needed for it. */
  paths(source: PinnedSource): Promise<readonly string[]>
  /**
   * Idempotent: after a crash the same call gives the same repository again, with every tree written so far. With
   * `beside` it holds that commit of the same repository as well, so that the two can be compared.
   */
  open(run_id: string, source: PinnedSource, beside?: PinnedSource): Promise<RunRepository>
}
