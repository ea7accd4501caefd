import { counted, likeness, type Token } from './source-tokens.ts'
import type { Assertion } from './test-inventory.ts'

/** What became of one check. */
export type AssertionChange =
  | { readonly kind: 'removed'; readonly before: Assertion }
  | {
      readonly kind:
        | 'weakened'
        | 'loosened'
        | 'inverted'
        | 'expectation'
        | 'rewritten'
        | 'swallowed'
        | 'dead'
        | 'guarded'
        | 'trivial'
      readonly before: Assertion
      readonly after: Assertion
    }

/** Least likeness of two checks for one to stand in the place of the other. */
const ALIKE = 0.45

/** What became of the checks of one test, each set against the new one most like it. */
export function assertionChanges(
  before: readonly Assertion[],
  after: readonly Assertion[],
  unordered = false,
): readonly AssertionChange[] {
  const free = [...after]
  const changes: AssertionChange[] = []
  const open: Assertion[] = []
  for (const old of before) {
    const same = free.filter((one) => one.text === old.text)
    const best = same.find((one) => reached(old, one) === undefined) ?? same[0]
    if (best === undefined) {
      open.push(old)
      continue
    }
    free.splice(free.indexOf(best), 1)
    const way = reached(old, best)
    if (way !== undefined) changes.push({ kind: way, before: old, after: best })
  }
  for (const [old, best] of alike(open, free)) {
    const way = reached(old, best)
    changes.push({ kind: way ?? difference(old, best), before: old, after: best })
    open.splice(open.indexOf(old), 1)
  }
  return unordered ? changes : [...changes, ...open.map((old) => ({ kind: 'removed' as const, before: old }))]
}

function alike(open: readonly Assertion[], free: readonly Assertion[]): readonly (readonly [Assertion, Assertion])[] {
  const bags = new Map([...open, ...free].map((one) => [one, counted(one.tokens)] as const))
  const empty = new Map<string, number>()
  const ranked = open
    .slice(0, 200)
    .flatMap((old) =>
      free.slice(0, 200).map((one) => ({
        old,
        one,
        alike: likeness(bags.get(old) ?? empty, bags.get(one) ?? empty),
      })),
    )
    .filter((pair) => pair.alike >= ALIKE)
    .sort((a, b) => b.alike - a.alike || Math.abs(a.old.line - a.one.line) - Math.abs(b.old.line - b.one.line))
  const [taken, given] = [new Set<Assertion>(), new Set<Assertion>()]
  return ranked.flatMap(({ old, one }) => {
    if (taken.has(old) || given.has(one)) return []
    taken.add(old)
    given.add(one)
    return [[old, one] as const]
  })
}

/** A check that says the same but is no longer reached, or no longer heard, as it was. */
function reached(before: Assertion, after: Assertion): 'swallowed' | 'dead' | 'guarded' | undefined {
  if (after.dead && !before.dead) return 'dead'
  if (after.swallowed && !before.swallowed) return 'swallowed'
  return after.guards.length > before.guards.length ? 'guarded' : undefined
}

/** Words that say how things are compared, and not what. */
const MATCHER =
  /^(?:[^\w"'`$]+|not|is|in|to|be|and|or|any|None|null|nil|undefined|[xs]?[aA]ssert\w*|expect|[rR]equire|EXPECT_\w+|ASSERT_\w+|to[A-Z]\w*|is[A-Z_]\w*|(?:deep|strict|not|Not|loose)?[A-Z]?\w*[eE]quals?|ok|exists?|truthy|contains\w*|includes?|len|length|size|isinstance|instanceof|typeof|type|bool|str|class|object|Object|True|False|Nil|NotNil|NotEmpty|Contains|Regexp|anything|String|matches?|startswith|startsWith|Exception|Throwable|Error|BaseException|t|self|unless|if|ne|eq|refute\w*|hasItems?|nullValue|notNullValue|Be\w*|Should|must_\w+|wont_\w+)$/
const NEGATIVE =
  /^(?:not|!|!=|!==|unless|not_to|to_not|refute\w*|wont_\w+|\w*(?:[a-z]Not|^not|Not)(?=[A-Z])\w*|not[A-Z]\w*|\w*False|isFalse|toBeFalsy|falsy|doesNot\w+|dont\w+|assert_ne|is_none|is_err|is_empty|\w+_(?:NE|FALSE)|NotNil|NotEmpty|isEmpty|None|isNull|toBeNull|assertNull|Nil|NoError|assertIsNone|toBeUndefined|assertEmpty|Empty|notOk|isNotOk|isEmptyString)$/

/** 0 or 1 by how many words of a check turn it round; a bound that looks the other way counts as one. */
function polarity({ tokens }: Assertion): number {
  const turned = tokens.filter(({ text, literal }) => (!literal && NEGATIVE.test(text)) || /^(?:>=?)$/.test(text))
  const none = tokens.some(({ text }) => /^(?:is|==|===)$/.test(text)) && tokens.some(({ text }) => text === 'None')
  return (turned.length - (none ? 1 : 0)) % 2
}

function difference(
  before: Assertion,
  after: Assertion,
): 'trivial' | 'weakened' | 'loosened' | 'inverted' | 'expectation' | 'rewritten' {
  if (after.strength === 0 && before.strength > 0) return 'trivial'
  const [lost, gained] = [missing(before.tokens, after.tokens), missing(after.tokens, before.tokens)]
  const changed = [...lost, ...gained]
  const other = gained.filter((token) => !token.literal && !MATCHER.test(token.text))
  const value_lost = lost.some(
    (token) => token.literal && !/^(?:true|false|null|nil|undefined|none)$/i.test(token.text),
  )
  if (polarity(before) !== polarity(after) && changed.length <= 8 && other.length === 0 && !value_lost)
    return 'inverted'
  if (after.strength < before.strength) return other.length <= 2 ? 'weakened' : 'rewritten'
  if (isMessage(before, after, changed)) return 'rewritten'
  if (changed.length > 0 && changed.every((token) => token.literal))
    return toleranceChange(before, lost, gained) ?? 'expectation'
  if (isTolerance(gained) && before.strength === after.strength) return 'loosened'
  return 'rewritten'
}

/** What a failure that is always one says to whoever reads it is no expectation. */
const isMessage = (before: Assertion, after: Assertion, changed: readonly Token[]): boolean =>
  [before, after].every(({ text }) => /^(?:panic|unreachable|unimplemented)(?: !)? \(/.test(text)) &&
  changed.every(({ literal }) => literal)

/** Words of the first that the second does not have. */
export function missing(tokens: readonly Token[], from: readonly Token[]): readonly Token[] {
  const left = new Map(counted(from))
  return tokens.filter(({ text }) => {
    const count = left.get(text) ?? 0
    if (count > 0) left.set(text, count - 1)
    return count === 0
  })
}

const TOLERANCE =
  /toBeCloseTo|closeTo|approximately|AlmostEqual|almost_equal|approx|isclose|allclose|InDelta|InEpsilon|Within|within|delta|places|decimal|atol|rtol|\brel\b|\babs\b|tolerance|epsilon|\beps\b|EXPECT_NEAR|isCloseTo|precision|timeout|assertEquals \( \S+ \S+ \S+ \)|assertEquals|assertArrayEquals|WithinDuration|abs_diff|be_within/i
const FINER = /toBeCloseTo|places|decimal|assertAlmostEqual|almost_equal|precision/i

const isTolerance = (tokens: readonly Token[]): boolean =>
  tokens.some(
    ({ text, literal }) =>
      !literal && /approx|isclose|atol|rtol|delta|CloseTo|AlmostEqual|InDelta|epsilon|toBeCloseTo/.test(text),
  )

/** The number is what the check is handed last, and no part of what it compares. */
const isLast = ({ tokens }: Assertion, lost: readonly Token[]): boolean => tokens.at(-2)?.text === lost[0]?.text

/** One number in the place of a tolerance: whether it lets more through, or less. */
function toleranceChange(
  before: Assertion,
  lost: readonly Token[],
  gained: readonly Token[],
): 'loosened' | 'rewritten' | undefined {
  const [from, to] = [Number(lost.at(-1)?.text), Number(gained.at(-1)?.text)]
  if (lost.length !== 1 || gained.length !== 1 || Number.isNaN(from) || Number.isNaN(to)) return undefined
  if (!TOLERANCE.test(before.text)) {
    if (!/[<>]/.test(before.text) || before.text.startsWith('if ')) return undefined
    return (/</.test(before.text) ? to > from : to < from) ? 'loosened' : 'rewritten'
  }
  const numbers = before.tokens.filter(({ text }) => /^-?[\d.]/.test(text))
  const named = /rtol|atol|rel|abs|delta|eps|toleran/i.test(before.text)
  if (numbers.at(-1)?.text !== lost[0]?.text && !named) return undefined
  if (/assertEquals|assertArrayEquals/.test(before.text) && !named && (numbers.length < 2 || !isLast(before, lost)))
    return undefined
  const finer = FINER.test(before.text) && !/delta/.test(before.text)
  return (finer ? to < from : to > from) ? 'loosened' : 'rewritten'
}
