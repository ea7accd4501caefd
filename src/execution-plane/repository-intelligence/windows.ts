/** Part of a text; `share` is its relevance against the best part of the same text. */
interface Window {
  readonly start_line: number
  readonly end_line: number
  readonly text: string
  readonly share: number
}

const WHOLE_FILE_LINES = 160
const WINDOW_LINES = 60
const MOST_WINDOWS = 2
/** A second window is worth showing from this share of the best one on. */
const WORTHWHILE = 0.5
const MOST_CHARACTERS = 9_000

/** The parts of a text where the heavy words are; a short text is given whole. */
export function bestWindows(text: string, weigh: (word: string) => number): readonly Window[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.length <= WHOLE_FILE_LINES && text.length <= MOST_CHARACTERS) return [windowOf(lines, 0, lines.length, 1)]
  const sums = runningSums(lines, weigh)
  const found: { readonly start: number; readonly weight: number }[] = []
  while (found.length < MOST_WINDOWS) {
    const next = heaviest(sums, lines.length, found)
    if (next === undefined || next.weight < WORTHWHILE * (found[0]?.weight ?? 0)) break
    found.push(next)
  }
  const best = found[0]?.weight ?? 0
  return found.map(({ start, weight }) => windowOf(lines, start, start + WINDOW_LINES, best === 0 ? 1 : weight / best))
}

function runningSums(lines: readonly string[], weigh: (word: string) => number): readonly number[] {
  const sums = [0]
  for (const line of lines) {
    const words = new Set([...line.slice(0, 500).matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)].map(([word]) => word))
    const weight = [...words].reduce((sum, word) => sum + weigh(word), 0)
    sums.push((sums.at(-1) ?? 0) + weight)
  }
  return sums
}

function heaviest(sums: readonly number[], lines: number, taken: readonly { readonly start: number }[]) {
  let best: { start: number; weight: number } | undefined
  const last = Math.max(0, lines - WINDOW_LINES)
  for (let start = 0; start <= last; start++) {
    if (taken.some((other) => Math.abs(other.start - start) < WINDOW_LINES)) continue
    const weight = (sums[Math.min(lines, start + WINDOW_LINES)] ?? 0) - (sums[start] ?? 0)
    if (best === undefined || weight > best.weight) best = { start, weight }
  }
  return best
}

function windowOf(lines: readonly string[], start: number, end: number, share: number): Window {
  const kept: string[] = []
  let characters = 0
  for (const line of lines.slice(start, end)) {
    characters += Math.min(line.length, 1_000) + 1
    if (characters > MOST_CHARACTERS) break
    kept.push(line.length > 1_000 ? `${line.slice(0, 1_000)}…` : line)
  }
  return { start_line: start + 1, end_line: start + Math.max(1, kept.length), text: kept.join('\n'), share }
}
