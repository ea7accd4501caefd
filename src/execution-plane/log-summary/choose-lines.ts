import type { KeptLine } from './kept-line.ts'
import { SIGN } from './line-signs.ts'
import { worthOf } from './line-worth.ts'

/** Lines that look like a failure to anyone are shown whatever was learnt; so many of them. */
const PLAIN = 4
const PLAINLY_WORTH = 3
/** How much what was learnt counts among plain ones. */
const LEARNT_SHARE = 0.5

/**
 * Rows of the lines to show, in their order: the first that says that a command failed, a few that look like a failure
 * to anyone, then the best scored; each text once, none blank. Keeping the former places on the folds of other
 * repositories: .972 any and .789 all instead of .958 and .773. Lines of signs alone stay: without them all marked lines
 * by their letters were shown of .792 instead of .785, and by exact text of .682 instead of .812.
 */
export function chooseLines(lines: readonly KeptLine[], scores: Float32Array, most: number): readonly number[] {
  const by_score = Array.from(scores.keys()).sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0))
  const seen = new Set<string>()
  const chosen: number[] = []
  for (const row of [...certain(lines, scores), ...by_score]) {
    if (chosen.length >= most) break
    const text = lines[row]?.text.trim() ?? ''
    if (text === '' || seen.has(text)) continue
    seen.add(text)
    chosen.push(row)
  }
  return chosen.sort((left, right) => left - right)
}

function certain(lines: readonly KeptLine[], scores: Float32Array): readonly number[] {
  const ended = lines.findIndex(({ signs }) => (signs & SIGN.command_ended) !== 0)
  const plain = lines
    .flatMap(({ signs }, row) => {
      const worth = worthOf(signs)
      return worth >= PLAINLY_WORTH ? [{ row, worth: worth + LEARNT_SHARE * (scores[row] ?? 0) }] : []
    })
    .sort((left, right) => right.worth - left.worth)
    .slice(0, PLAIN)
  return [...(ended === -1 ? [] : [ended]), ...plain.map(({ row }) => row)]
}
