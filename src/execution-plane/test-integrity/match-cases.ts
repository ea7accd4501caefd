import { partsOf } from './name-parts.ts'
import { likeness } from './source-tokens.ts'
import type { TestCase, TestInventory } from './test-inventory.ts'

/** The tests of both trees, set against each other. */
export interface MatchedCases {
  readonly pairs: readonly { readonly before: TestCase; readonly after: TestCase }[]
  /** In the base only, and like nothing new. */
  readonly gone: readonly TestCase[]
  /** In the proposed tree only. */
  readonly fresh: readonly TestCase[]
}

/** How alike two tests of different names must be to be one that was renamed; unlike tests of one file reach 0.6. */
const RENAMED = 0.7
/** The same in one file and between other neighbours: a test that is added often copies the one that is tested beside. */
const RENAMED_AND_MOVED = 0.95
/** How alike two tests of one name in different files must be to be one that moved. */
const MOVED = 0.4
/** The same for one that stands exactly where the other stood, between the same neighbours. */
const REWRITTEN = 0.55
/** The same where one name goes on from the other, or says less of it. */
const RENAMED_FURTHER = 0.25
/** Tests compared with each other word by word; what is over it is matched by name alone. */
const MOST_COMPARED = 250

/** Matches by id in one file, then by name elsewhere, then by body: a moved or renamed test is not a removed one. */
export function matchCases(before: readonly TestInventory[], after: readonly TestInventory[]): MatchedCases {
  const pairs: { before: TestCase; after: TestCase }[] = []
  const free = new Map<string, TestCase[]>()
  for (const one of after.flatMap((file) => file.cases)) {
    const key = `${one.path}\n${one.id}\n${one.support}`
    free.set(key, [...(free.get(key) ?? []), one])
  }
  const open: TestCase[] = []
  for (const one of before.flatMap((file) => file.cases)) {
    const found = free.get(`${one.path}\n${one.id}\n${one.support}`)?.shift()
    if (found === undefined) open.push(one)
    else pairs.push({ before: one, after: found })
  }
  const fresh = new Set([...free.values()].flat().filter((one) => !one.support))
  const gone = open.filter((one) => !one.support)
  const same_name = (one: TestCase, other: TestCase) => one.name === other.name
  pairAlike(gone, fresh, pairs, { threshold: MOVED, eligible: same_name })
  const before_gaps = gapsOf(before, new Map(pairs.map((pair) => [pair.before, pair.before])))
  const after_gaps = gapsOf(after, new Map(pairs.map((pair) => [pair.after, pair.before])))
  const near = (one: TestCase, other: TestCase) =>
    one.path === other.path &&
    (before_gaps.get(one)?.some((key) => after_gaps.get(other)?.includes(key) ?? false) ?? false)
  const rewritten = (one: TestCase, other: TestCase) => near(one, other) && sharesText(one, other)
  pairAlike(gone, fresh, pairs, { threshold: REWRITTEN, eligible: rewritten })
  const further = (one: TestCase, other: TestCase) => near(one, other) && goesOn(one.name, other.name)
  pairAlike(gone, fresh, pairs, { threshold: RENAMED_FURTHER, eligible: further })
  const elsewhere = (one: TestCase, other: TestCase) => one.path !== other.path
  pairAlike(gone, fresh, pairs, { threshold: RENAMED, eligible: elsewhere })
  pairAlike(gone, fresh, pairs, { threshold: RENAMED_AND_MOVED, eligible: () => true })
  return { pairs, gone, fresh: [...fresh] }
}

/** True when one name has every part of the other, and that is more than one. */
function goesOn(name: string, other: string): boolean {
  const [short = [], long = []] = [partsOf(name), partsOf(other)].sort((a, b) => a.length - b.length)
  return short.length > 1 && short.every((part) => long.includes(part))
}

/** A text that one of them says is in the other too, or there are hardly any: what is rewritten keeps some of its values. */
function sharesText(one: TestCase, other: TestCase): boolean {
  const texts = [...one.words.keys()].filter((word) => /^[rbfu]{0,2}["'`].{5,}/s.test(word))
  return texts.length < 2 || texts.some((text) => other.words.has(text))
}

type Eligible = (before: TestCase, after: TestCase) => boolean
interface Stage {
  readonly threshold: number
  readonly eligible: Eligible
}

function pairAlike(
  gone: TestCase[],
  fresh: Set<TestCase>,
  pairs: { before: TestCase; after: TestCase }[],
  { threshold, eligible }: Stage,
): void {
  const ranked = gone
    .slice(0, MOST_COMPARED)
    .flatMap((before) =>
      [...fresh]
        .filter((after) => eligible(before, after))
        .slice(0, MOST_COMPARED)
        .map((after) => ({ before, after, alike: likeness(before.words, after.words) })),
    )
    .filter(({ alike }) => alike >= threshold)
    .sort((a, b) => b.alike - a.alike)
  for (const { before, after } of ranked) {
    const at = gone.indexOf(before)
    if (at === -1 || !fresh.has(after)) continue
    gone.splice(at, 1)
    fresh.delete(after)
    pairs.push({ before, after })
  }
}

/** For each test without a partner, the tests with one that stand before and behind it, by their place in the base. */
function gapsOf(
  files: readonly TestInventory[],
  partners: ReadonlyMap<TestCase, TestCase>,
): ReadonlyMap<TestCase, readonly string[]> {
  const gaps = new Map<TestCase, readonly string[]>()
  for (const { path, cases } of files) {
    const sorted = cases.filter((one) => !one.support).sort((a, b) => a.line - b.line)
    const behind: string[] = []
    let next = 'end'
    for (const one of sorted.toReversed()) {
      behind.unshift(next)
      const partner = partners.get(one)
      if (partner !== undefined) next = partner.id
    }
    let last = 'start'
    for (const [at, one] of sorted.entries()) {
      const partner = partners.get(one)
      if (partner !== undefined) last = partner.id
      else gaps.set(one, [`${path} after ${last}`, `${path} before ${behind[at] ?? ''}`])
    }
  }
  return gaps
}
