import type { Result } from '#domain/result'

/** Formats that pin packages, or, where a tool knows no better one, name them. */
export type LockfileKind = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'pip' | 'poetry' | 'uv' | 'go' | 'cargo' | 'maven'

/** One package as a lockfile pins it. */
export interface LockEntry {
  readonly name: string
  readonly version: string
  /** 1-based. */
  readonly line: number
  /**
   * `registry`: by name and version. `inside`: a folder or file of the repository itself. `git`, `file` (outside of the
   * repository) and `archive` (an address of the author's choice) are what no registry vouches for.
   */
  readonly source: 'registry' | 'inside' | 'git' | 'file' | 'archive'
  /** As written: where the package's archive lies, or the index that is asked for it. */
  readonly address?: string
  /** File names that are fetched for it, where the format lists them. */
  readonly files?: readonly string[]
  /** Hashes as written, joined by a space; empty where the format asks for one and none is there; absent: it keeps none. */
  readonly integrity?: string
}

/** Where and why a file is not what its name says. */
export interface Unreadable {
  readonly line: number
  readonly message: string
}

/** Reads one lockfile; `path` is its path in the repository. */
export type LockfileReader = (text: string, path: string) => Result<readonly LockEntry[], Unreadable>
