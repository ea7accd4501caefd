import { termsOf, wordsIn } from '#execution-plane/code-index'
import type { Issue } from './issue.ts'

/** Of so many files with the same ending none is meant more than another. */
const MOST_MEANT = 3
/** A path of one name alone may be another file of that name. */
const NAME_ALONE = 0.7

/** How surely the issue names a file by its path: 1 for one that fits it alone and by more than its name. */
export function namedPaths(paths: readonly string[], issue: Issue): ReadonlyMap<string, number> {
  const by_name = new Map<string, string[]>()
  for (const path of paths) {
    const name = nameOf(path)
    const there = by_name.get(name)
    if (there === undefined) by_name.set(name, [path])
    else there.push(path)
  }
  const named = new Map<string, number>()
  for (const said of new Set([...issue.paths, ...issue.frames.map(({ path }) => path)])) {
    const wanted = said.replaceAll('\\', '/').replace(/^(?:file:\/\/)?[ab~.]*\//, '')
    const scored = (by_name.get(nameOf(wanted)) ?? []).map((path) => ({ path, alike: alikeFromEnd(path, wanted) }))
    const best = Math.max(0, ...scored.map(({ alike }) => alike))
    const meant = scored.filter(({ alike }) => alike === best)
    if (meant.length > MOST_MEANT) continue
    for (const { path } of meant) {
      const sure = (best > 1 ? 1 : NAME_ALONE) / meant.length
      named.set(path, Math.max(named.get(path) ?? 0, sure))
    }
  }
  return named
}

/** How much of what the issue says stands in a part of a path, by how rare it is. */
export function termsInPath(part: string, issue: Issue, rarity: (term: string) => number): number {
  const terms = new Set(wordsIn(part).flatMap(termsOf))
  let sum = 0
  for (const term of terms) sum += (issue.terms.get(term) ?? 0) * (issue.terms.has(term) ? rarity(term) : 0)
  return sum / Math.sqrt(Math.max(1, terms.size))
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function alikeFromEnd(path: string, wanted: string): number {
  const [there, asked] = [path.split('/').toReversed(), wanted.split('/').toReversed()]
  let alike = 0
  while (alike < there.length && alike < asked.length && there[alike] === asked[alike]) alike += 1
  return alike
}
