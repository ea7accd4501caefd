import type { FileDiff } from '#domain/change'

/** Part of a file's diff, and how many of its lines are not shown. */
export interface Excerpt extends FileDiff {
  readonly lines_left_out: number
}

/**
 * Shares out a number of characters: every file gets an equal part, and what small files leave goes to the larger ones,
 * so that no file can push another one out of sight by its size.
 */
export function excerptsOf(diffs: readonly FileDiff[], characters: number): readonly Excerpt[] {
  const bySize = [...diffs].sort((a, b) => a.text.length - b.text.length)
  const granted = new Map<FileDiff, number>()
  let left = characters
  for (const [index, diff] of bySize.entries()) {
    const fair = Math.floor(left / (bySize.length - index))
    const given = Math.min(diff.text.length, fair)
    granted.set(diff, given)
    left -= given
  }
  return diffs.map((diff) => headOf(diff, granted.get(diff) ?? 0))
}

function headOf(diff: FileDiff, characters: number): Excerpt {
  if (diff.text.length <= characters) return { ...diff, lines_left_out: 0 }
  const lines = diff.text.split('\n')
  const kept: string[] = []
  let used = 0
  for (const line of lines) {
    const short = line.length > 400 ? `${line.slice(0, 400)}…` : line
    if (used + short.length + 1 > characters) break
    used += short.length + 1
    kept.push(short)
  }
  return { path: diff.path, text: kept.join('\n'), lines_left_out: lines.length - kept.length }
}
