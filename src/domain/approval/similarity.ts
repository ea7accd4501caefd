import { plainName } from './people.ts'

/** From here on two questions are the same one in other clothes; measured on the pairs of similarity.test.ts. */
const SIMILAR = 0.8

interface Question {
  readonly action: string
  readonly subject: readonly string[]
}

/** True where two questions differ only in spelling, or in a small part of what they are about. */
export const isSimilar = (one: Question, other: Question): boolean =>
  one.action === other.action && similarity(one.subject, other.subject) >= SIMILAR

/** 0 to 1: how much of the smaller subject is found again in the larger one, by groups of three letters. */
function similarity(one: readonly string[], other: readonly string[]): number {
  const [small, large] = one.length <= other.length ? [one, other] : [other, one]
  if (small.length === 0) return large.length === 0 ? 1 : 0
  const grams = large.map(gramsOf)
  const best = small.map((entry) => Math.max(...grams.map((known) => dice(gramsOf(entry), known))))
  return best.reduce((total, share) => total + share, 0) / small.length
}

/** Paths and hosts as one spelling: without case, invisible characters, `./`, doubled or trailing separators. */
const normalised = (entry: string): string =>
  plainName(entry)
    .replaceAll('\\', '/')
    .replaceAll(/\/(?:\.?\/)+/g, '/')
    .replaceAll(/^\.?\/+|[./]+$/g, '')

function gramsOf(entry: string): ReadonlyMap<string, number> {
  const text = `  ${normalised(entry)} `
  const grams = new Map<string, number>()
  for (let at = 0; at + 3 <= text.length; at++) {
    const gram = text.slice(at, at + 3)
    grams.set(gram, (grams.get(gram) ?? 0) + 1)
  }
  return grams
}

function dice(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  const size = (grams: ReadonlyMap<string, number>) => [...grams.values()].reduce((total, n) => total + n, 0)
  let shared = 0
  for (const [gram, count] of one) shared += Math.min(count, other.get(gram) ?? 0)
  return (2 * shared) / (size(one) + size(other))
}
