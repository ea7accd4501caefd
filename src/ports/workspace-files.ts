import type { Result } from '#domain/result'

/** Why a file was not touched; `message` is fit for the one who asked. */
export interface FileRefusal {
  readonly rule:
    | 'path.invalid'
    | 'path.not_found'
    | 'path.symlink'
    | 'path.hardlink'
    | 'path.not_regular'
    | 'path.not_a_folder'
    | 'path.exists'
    | 'file.stale'
    | 'file.too_large'
    | 'file.no_space'
    | 'file.not_permitted'
  readonly message: string
}

export type FileKind = 'file' | 'folder' | 'symlink' | 'other'

/** One entry as it is, links not followed. */
export interface FileEntry {
  readonly name: string
  readonly kind: FileKind
  readonly bytes: number
}

export interface FileStat {
  readonly kind: FileKind
  readonly bytes: number
  /** Permission bits. */
  readonly mode: number
}

export interface FileContent {
  readonly bytes: Uint8Array
  /** Hex SHA-256 of `bytes`. */
  readonly sha256: string
  readonly mode: number
}

export interface WriteOptions {
  /** Write only over content with this hash; null: only where there is no file. Absent: over whatever is there. */
  readonly expected_sha256?: string | null
  /** Permission bits of the file; absent keeps the old ones, 0644 for a new file. Only the execute bits are heeded. */
  readonly mode?: number
  /** Wait until the bytes are on disk. Absent means no: the tree is checkpointed elsewhere. */
  readonly fsync?: boolean
}

/**
 * Files below one root that someone hostile may change at any moment. Paths follow the grammar of `#domain/path` and
 * are walked component by component without following a link, so no path and no race leads out of the root.
 */
export interface WorkspaceFiles {
  stat(path: string): Promise<Result<FileStat, FileRefusal>>
  /** Reads a regular file whole; more than `max_bytes` is refused, never cut. */
  read(path: string, max_bytes: number): Promise<Result<FileContent, FileRefusal>>
  /** Entries of one folder, sorted by name; `''` is the root. At most `max_entries`, and whether there were more. */
  list(
    path: string,
    max_entries: number,
  ): Promise<Result<{ readonly entries: readonly FileEntry[]; readonly more: boolean }, FileRefusal>>
  /** Replaces or makes a regular file in one rename; makes missing folders. Gives the hash of what is there now. */
  write(
    path: string,
    content: Uint8Array,
    options?: WriteOptions,
  ): Promise<Result<{ readonly sha256: string; readonly created: boolean }, FileRefusal>>
  /** Removes a regular file; with a hash only while it has that content. Folders that become empty are removed too. */
  delete(path: string, expected_sha256?: string): Promise<Result<null, FileRefusal>>
}
