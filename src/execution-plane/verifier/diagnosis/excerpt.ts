import type { LogSummary } from '#ports'

const LONGEST_LINE = 400

/** The telling lines of a log in their order, for a model; what was left out between them is counted. */
export function excerptOf({ lines, total_lines }: Pick<LogSummary, 'lines' | 'total_lines'>): string {
  const out: string[] = []
  let before = 0
  const leftOut = (count: number): void => {
    if (count > 0) out.push(`… ${count} lines left out`)
  }
  for (const { number, text } of lines) {
    leftOut(number - before - 1)
    out.push(text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text)
    before = number
  }
  leftOut(total_lines - before)
  return out.join('\n')
}
