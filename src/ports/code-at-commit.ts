import type { PastCommit } from './past-commit.ts'
import type { TreeEntry } from './repositories.ts'

/** One commit of a repository on this machine, to look at: nothing is fetched, written or run. */
export interface CodeAtCommit {
  /** As people write it. */
  readonly repository: string
  readonly commit: string
  /** Every path of the commit, sorted; names that are not plain UTF-8 are quoted as git quotes them. */
  readonly list: readonly TreeEntry[]
  /** Content of a blob; undefined where the repository has none, as in a clone without its blobs. */
  read(blob: string): Promise<Uint8Array | undefined>
  /** What the commit descends from, the commit first; as much of it as the clone has, `most` at most. */
  past(most: number): Promise<readonly PastCommit[]>
  /** True where the clone lacks the beginning of the history. */
  isShallow(): Promise<boolean>
  /** Ends what `read` started. */
  close(): void
}

/**
 * Opens a commit of a local repository; `at` null is HEAD.
 * @throws GanderError `repository_not_found`, `repository_empty`, `repository_unreadable`, `ref_not_found`
 */
export type OpenCode = (repository: string, at: string | null) => Promise<CodeAtCommit>

/** A function that probably matters. Lines count from 1 and include both ends. */
export interface RankedFunction {
  /** `Class.method` where it stands in one. */
  readonly name: string
  readonly kind: string
  readonly start_line: number
  readonly end_line: number
  /** 1 for the one of its file that fits best. */
  readonly score: number
}

/** A file that probably matters, with why. Scores compare within one answer only. */
export interface RankedFile {
  readonly path: string
  readonly score: number
  /** What counted most, in words. */
  readonly reasons: readonly string[]
  readonly functions: readonly RankedFunction[]
}

/** Where an issue probably lives. */
export interface Localisation {
  readonly schema: 'gander.localisation/v1'
  readonly repository: string
  readonly commit: string
  /** Best first. */
  readonly files: readonly RankedFile[]
  /** Why the answer may be thin; empty otherwise. */
  readonly notes: readonly string[]
}

/** Asks which files of a commit an issue is about. */
interface LocaliseRequest {
  readonly repository: string
  /** Commit, branch or tag; null is HEAD. */
  readonly at: string | null
  readonly issue: string
  readonly top: number
}

/** @throws GanderError what opening the repository throws */
export type LocaliseIssue = (request: LocaliseRequest) => Promise<Localisation>
