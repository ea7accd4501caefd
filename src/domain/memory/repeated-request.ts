import type { MemoryProposal } from './memory.ts'

/** What a person asked a run to change; `said_in` tells the places apart, such as a run with its round. */
export interface PersonsRequest {
  readonly said_in: string
  readonly words: string
}

/** So much of two requests' words must be the same for them to ask for the same. */
const ALIKE = 0.6
/** Fewer words say too little to be told apart from others. */
const LEAST_WORDS = 3
const MOST_WORDS = 200
const MOST_REQUESTS = 2

/**
 * What people ask for now and asked for before, as the first of them said it, so that each run says it alike: a habit of
 * the repository that no file holds. It is data about what somebody wanted, as trusted as its author.
 */
export function repeatedRequests(
  earlier: readonly PersonsRequest[],
  now: readonly PersonsRequest[],
): readonly MemoryProposal[] {
  const told = [...earlier, ...now].map((each) => ({ ...each, bag: bagOf(each.words) }))
  const texts = now.flatMap(({ said_in, words }) => {
    const bag = bagOf(words)
    const alike = bag.size < LEAST_WORDS ? [] : told.filter((each) => likeness(each.bag, bag) >= ALIKE)
    const [first] = alike
    return first === undefined || alike.every((each) => each.said_in === said_in) ? [] : [first.words]
  })
  return [...new Set(texts)].slice(0, MOST_REQUESTS).map((words) => ({
    kind: 'convention',
    text: `Reviewers asked for this more than once: “${words.replaceAll(/\s+/g, ' ').trim()}”`,
    item: 'reviews',
    commit: null,
    inputs: ['member'],
  }))
}

const bagOf = (words: string): ReadonlySet<string> =>
  new Set((words.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).slice(0, MOST_WORDS))

const likeness = (one: ReadonlySet<string>, other: ReadonlySet<string>): number => {
  const shared = [...one].filter((word) => other.has(word)).length
  return shared / (one.size + other.size - shared)
}
