import type { Change, FileChange } from '#domain/change'
import { shownName } from '../objects/path-name.ts'
import { gitOutput } from '../transport/run-git.ts'

const NO_MODE = '000000'
const QUIET = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color', '--full-index', '--no-indent-heuristic']

/** Compares two trees: files with modes, ids and line counts, and the unified diff. No renames, no drivers. */
export async function compareTrees(git_dir: string, from: string, to: string): Promise<Change> {
  if (from === to) return { base_tree: from, head_tree: to, files: [], patch: '' }
  const [facts, patch] = await Promise.all([
    gitOutput({ args: ['diff-tree', '-r', '-z', '--raw', '--numstat', ...QUIET, from, to], git_dir }),
    gitOutput({ args: ['diff-tree', '-r', '-p', '--unified=3', ...QUIET, from, to], git_dir }),
  ])
  return { base_tree: from, head_tree: to, files: parseFacts(facts.toString('latin1')), patch: patch.toString('utf8') }
}

/** `:MODE MODE ID ID STATUS NUL PATH NUL` for each path, then `ADDED TAB DELETED TAB PATH NUL`. */
function parseFacts(text: string): readonly FileChange[] {
  const fields = text.split('\0')
  const counts = new Map<string, readonly [added: string, deleted: string]>()
  const changes: (readonly [facts: string, path: string])[] = []
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] ?? ''
    if (field.startsWith(':')) changes.push([field, fields[++at] ?? ''])
    else if (field !== '') {
      const [added = '', deleted = '', ...path] = field.split('\t')
      counts.set(path.join('\t'), [added, deleted])
    }
  }
  return changes.map(([facts, path]) => fileChange(facts, path, counts.get(path)))
}

function fileChange(facts: string, path: string, count: readonly [string, string] | undefined): FileChange {
  const [old_mode = '', new_mode = '', old_blob = '', new_blob = '', status = ''] = facts.slice(1).split(' ')
  const lines = (value: string | undefined) => (value === undefined || value === '-' ? null : Number(value))
  const kinds = { A: 'added', D: 'deleted', T: 'type_changed' } as const
  return {
    path: shownName(path),
    kind: kinds[status as keyof typeof kinds] ?? 'modified',
    old_mode: old_mode === NO_MODE ? null : old_mode,
    new_mode: new_mode === NO_MODE ? null : new_mode,
    old_blob: old_mode === NO_MODE ? null : old_blob,
    new_blob: new_mode === NO_MODE ? null : new_blob,
    added_lines: lines(count?.[0]),
    deleted_lines: lines(count?.[1]),
  }
}
