import { splitDiff } from '#domain/change'

/** A line of a hunk; `line` counts in the proposed text, 1-based, and stands for where a deleted line was. */
export interface DiffLine {
  readonly kind: 'added' | 'deleted' | 'context'
  readonly line: number
  readonly text: string
}

/** One file of a unified diff. */
export interface FileHunks {
  readonly path: string
  readonly lines: readonly DiffLine[]
}

const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/

/** Reads a unified diff of git's; a file without hunks (binary, a mode) has no lines. Never throws. */
export const readHunks = (patch: string): readonly FileHunks[] =>
  splitDiff(patch).map(({ path, text }) => {
    const lines = text.split('\n')
    const first = lines.findIndex((line) => HUNK.test(line))
    return { path, lines: first === -1 ? [] : hunkLines(lines.slice(first)) }
  })

function hunkLines(lines: readonly string[]): readonly DiffLine[] {
  const read: DiffLine[] = []
  let at = 0
  for (const line of lines) {
    const start = HUNK.exec(line)?.[1]
    if (start !== undefined) {
      at = Number(start)
      continue
    }
    const text = line.slice(1)
    if (line.startsWith('+')) read.push({ kind: 'added', line: at++, text })
    else if (line.startsWith('-')) read.push({ kind: 'deleted', line: at, text })
    else if (line.startsWith(' ')) read.push({ kind: 'context', line: at++, text })
  }
  return read
}

/** The diff as a reviewer cites it: every line with its number in the proposed text. */
export const numbered = ({ lines }: FileHunks): string =>
  lines
    .map(({ kind, line, text }) => {
      const sign = kind === 'added' ? '+' : kind === 'deleted' ? '-' : ' '
      return `${kind === 'deleted' ? '     ' : String(line).padStart(5)} ${sign} ${text}`
    })
    .join('\n')
