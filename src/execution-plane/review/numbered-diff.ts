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
export function readHunks(patch: string): readonly FileHunks[] {
  return patch
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith('diff --git '))
    .map((part) => {
      const lines = part.split('\n')
      const first = lines.findIndex((line) => HUNK.test(line))
      const head = first === -1 ? lines : lines.slice(0, first)
      return { path: pathOf(head), lines: first === -1 ? [] : hunkLines(lines.slice(first)) }
    })
}

function pathOf(head: readonly string[]): string {
  const named = (prefix: string) =>
    head.find((line) => line.startsWith(prefix) && !line.startsWith(`${prefix.slice(0, 4)}/dev/null`))
  const line = named('+++ "b/') ?? named('+++ b/') ?? named('--- "a/') ?? named('--- a/')
  if (line !== undefined)
    return line
      .slice(4)
      .replace(/^"?[ab]\//, '')
      .replace(/"?\t?$/, '')
  return /^diff --git "?a\/.*"? "?b\/(.*?)"?$/.exec(head[0] ?? '')?.[1] ?? ''
}

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
