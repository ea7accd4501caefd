export { splitDiff, type FileDiff } from './split-diff.ts'

/** How one path differs between two trees. */
export interface FileChange {
  readonly path: string
  readonly kind: 'added' | 'modified' | 'deleted' | 'type_changed'
  /** Git modes, octal: 100644, 100755, 120000 (link), 160000 (submodule); null where the side has no entry. */
  readonly old_mode: string | null
  readonly new_mode: string | null
  /** Git blob ids; null where the side has no entry. */
  readonly old_blob: string | null
  readonly new_blob: string | null
  /** Counted lines; null for binary content. */
  readonly added_lines: number | null
  readonly deleted_lines: number | null
}

/** What a tree proposes against its base: the files, and the same as a unified diff. */
export interface Change {
  readonly base_tree: string
  readonly head_tree: string
  readonly files: readonly FileChange[]
  /** Unified diff with three lines of context, binary files named only. */
  readonly patch: string
}

/** The size of a change as people say it. */
export interface DiffStat {
  readonly files: number
  readonly added: number
  readonly deleted: number
}

/** Adds up a change; binary files count as files without lines. */
export function diffStat(files: readonly FileChange[]): DiffStat {
  const sum = (pick: (file: FileChange) => number | null) => files.reduce((total, file) => total + (pick(file) ?? 0), 0)
  return { files: files.length, added: sum((file) => file.added_lines), deleted: sum((file) => file.deleted_lines) }
}
