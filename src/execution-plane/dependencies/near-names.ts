import { editDistance, nearNames } from '#domain/text'
import type { PackageTool } from '#ports'
import { POPULAR_NAMES } from './popular-names.ts'

/** Shorter names are near to everything. */
const SHORTEST = 4
/** From this length on two letters that changed places count as one slip. */
const LONG = 5

const folded = (name: string): string => name.toLowerCase().replaceAll(/[-_.\s]/g, '')

/**
 * A popular or already used name that a new one could be mistaken for: the same but for marks and case, one letter
 * away, or with two neighbouring letters or its parts in another order. Undefined where there is none.
 */
export function mistakenFor(tool: PackageTool, name: string, used: readonly string[]): string | undefined {
  const known = [...new Set([...POPULAR_NAMES[tool], ...used])]
  if (name.length < SHORTEST || known.includes(name)) return undefined
  const alike = known.find((each) => folded(each) === folded(name) || shuffled(each) === shuffled(name))
  if (alike !== undefined) return alike
  const comparable = known.filter((each) => each.length >= SHORTEST)
  return nearNames(name, comparable, name.length >= LONG ? 2 : 1).find((each) => isOneSlip(each, name))
}

/** Letters that changed places count as one slip; of other differences there may be one. */
function isOneSlip(one: string, other: string): boolean {
  if (one.length !== other.length) return editDistance(one, other) === 1
  const at = one.split('').flatMap((letter, index) => (letter === other[index] ? [] : [index]))
  const [first = 0, second = 0] = at
  if (at.length === 2) return second === first + 1 && one[first] === other[second] && one[second] === other[first]
  return at.length === 1
}

const shuffled = (name: string): string =>
  name
    .toLowerCase()
    .split(/[-_.]/)
    .filter((part) => part !== '')
    .sort()
    .join('-')
