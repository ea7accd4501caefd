import type { Redactor } from '#ports'

/**
 * Redacts lines together, so that a secret over several lines is found; the cut stands in the first line it touches and
 * its other lines become empty, so that every line keeps its number.
 */
export async function redactLines(
  lines: readonly string[],
  redactor: Redactor,
): Promise<{ readonly lines: readonly string[]; readonly count: number }> {
  const { text, count } = await redactor.redact(lines.join('\n'))
  if (count === 0) return { lines, count }
  const clean = text.split('\n')
  return { lines: clean.length === lines.length ? clean : aligned(lines, clean), count }
}

/** Finds where the redacted lines stood: unchanged lines are the marks. */
function aligned(before: readonly string[], after: readonly string[]): readonly string[] {
  const out: string[] = before.map(() => '')
  let at = 0
  for (const [index, line] of after.entries()) {
    if (at >= out.length) break
    out[at] = line
    if (line === before[at]) {
      at++
      continue
    }
    const next = after[index + 1]
    const found = next === undefined ? -1 : before.indexOf(next, at + 1)
    const gone = before.length - at - (after.length - index)
    // Not further than lines have vanished: a mark beyond would be another line that says the same.
    at = found === -1 || found - at - 1 > gone ? at + 1 : found
  }
  return out
}
