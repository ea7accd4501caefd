/** Qualifiers in Maven's order; the empty one is the release, and what is not here comes after all of them. */
const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'] as const
const SAME: Readonly<Record<string, string>> = {
  a: 'alpha',
  b: 'beta',
  m: 'milestone',
  cr: 'rc',
  ga: '',
  final: '',
  release: '',
}
const MOST_CHARACTERS = 200

type Part = number | string

function partsOf(text: string): readonly Part[] {
  const words =
    text
      .toLowerCase()
      .slice(0, MOST_CHARACTERS)
      .match(/\d+|[a-z]+|[^\da-z.\-_]+/g) ?? []
  const parts = words.map((word): Part => (/^\d/.test(word) ? Number(word) : (SAME[word] ?? word)))
  // Zeros and release words at the end say nothing: 1.0 is 1, and so is 1.ga.
  while (parts.length > 0 && (parts.at(-1) === 0 || parts.at(-1) === '')) parts.pop()
  return parts
}

/** Order of two versions as Maven resolves them, for versions that begin with a number; undefined where either does not. */
export function compareMaven(left: string, right: string): number | undefined {
  if (!/^\s*\d/.test(left) || !/^\s*\d/.test(right)) return undefined
  const [one, other] = [partsOf(left), partsOf(right)]
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = compareParts(one[at], other[at])
    if (difference !== 0) return difference
  }
  return 0
}

function compareParts(one: Part | undefined, other: Part | undefined): number {
  if (typeof one === 'number' || typeof other === 'number') {
    if (typeof one === 'number' && typeof other === 'number') return one - other
    // A number stands after any word, and after nothing unless it is 0.
    if (typeof one === 'number') return other === undefined && one === 0 ? 0 : 1
    return one === undefined && other === 0 ? 0 : -1
  }
  const [left, right] = [one ?? '', other ?? '']
  const [at, other_at] = [rankOf(left), rankOf(right)]
  return at !== other_at ? at - other_at : left < right ? -1 : left > right ? 1 : 0
}

const rankOf = (qualifier: string): number => {
  const at = QUALIFIERS.findIndex((known) => known === qualifier)
  return at === -1 ? QUALIFIERS.length : at
}
