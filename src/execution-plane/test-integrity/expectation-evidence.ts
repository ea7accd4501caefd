import type { AssertionChange } from './assertion-changes.ts'
import { missing } from './assertion-changes.ts'
import { addedLines, type ChangedText } from './changed-text.ts'
import { wordsOf, type ProductEvidence } from './product-evidence.ts'
import { containment, counted, likeness, type Token } from './source-tokens.ts'
import type { Assertion, TestCase } from './test-inventory.ts'

/** One test in both trees, with what became of its checks. */
export interface ComparedCase {
  readonly before: TestCase
  readonly after: TestCase
  readonly changes: readonly AssertionChange[]
}

/** What speaks for changed expectations besides the product's own lines. */
export interface ExpectationEvidence {
  /** How often each replacement of one value by another was made, over all tests. */
  readonly replaced: ReadonlyMap<string, number>
  /** Lines of comments that each file gained. */
  readonly remarks: ReadonlyMap<string, ReadonlySet<number>>
}

type Changed = Extract<AssertionChange, { readonly after: Assertion }>

/** A remark this many lines above a check is about it. */
const NEAR = 5
/** Words that a test may lose besides and still be one that was only added to. */
const MOST_LOST = 1
/** A recorded text of this length is printed by the product and not thought out. */
const LONG = 80
const REMARK = /^\s*(?:\/\/|#(?![[!])|\/\*|\*\s)\s*\S+\s+\S+/

/** Reads the evidence from all tests that are in both trees. */
export function expectationEvidence(
  compared: readonly ComparedCase[],
  files: readonly ChangedText[],
): ExpectationEvidence {
  const replaced = new Map<string, number>()
  for (const { changes } of compared)
    for (const change of changes) {
      if (change.kind !== 'expectation') continue
      const key = replacement(change)
      replaced.set(key, (replaced.get(key) ?? 0) + 1)
    }
  const remarks = new Map(
    files.map((file) => [
      file.path,
      new Set(addedLines(file).flatMap(({ line, text }) => (REMARK.test(text.slice(0, 400)) ? [line] : []))),
    ]),
  )
  return { replaced, remarks }
}

/**
 * True when something speaks for a changed expectation: words the product gained or lost, a new title or remark, another
 * input, the same replacement in another check, or a recording of the product's that changed in part. One small value
 * that changed alone has none of them.
 */
export function isExplained(
  change: Changed,
  one: ComparedCase,
  { product, expectations }: { readonly product: ProductEvidence; readonly expectations: ExpectationEvidence },
): boolean {
  const remarks = expectations.remarks.get(one.after.path)
  const { line } = change.after
  const remarked = [...Array(NEAR + 1).keys()].some((above) => remarks?.has(line - above) === true)
  return (
    one.before.name !== one.after.name ||
    (remarked && product.any) ||
    spokenFor(change, product) ||
    (expectations.replaced.get(replacement(change)) ?? 0) > 1 ||
    otherInput(one) ||
    (product.any && (isRecording(change) || isRespelled(change) || isCompanion(change, one, product)))
  )
}

/** The same words with other signs between them, as where the product quotes what it did not: two words at least. */
function isRespelled({ before, after }: Changed): boolean {
  const [was, is] = [missing(before.tokens, after.tokens), missing(after.tokens, before.tokens)].map((tokens) =>
    tokens.flatMap(({ text }) => wordsOf(text)),
  )
  return was !== undefined && is !== undefined && was.length > 1 && was.join(' ') === is.join(' ')
}

const COUNTS = /size|length|\blen\b|count|\bplan\b|times/i

/** Another expectation of the same test changed and is spoken for: a count goes with what is counted. */
const isCompanion = (change: Changed, one: ComparedCase, product: ProductEvidence): boolean =>
  COUNTS.test(change.after.text) &&
  one.changes.some(
    (other) => other !== change && other.kind === 'expectation' && (spokenFor(other, product) || isRecording(other)),
  )

/** The new value is made of words that the product gained, or the old one of words that it lost. */
function spokenFor({ before, after }: Changed, product: ProductEvidence): boolean {
  const lost = missing(before.tokens, after.tokens).flatMap(valueWords)
  const gained = missing(after.tokens, before.tokens).flatMap(valueWords)
  const [old, fresh] = [new Set(lost), new Set(gained)]
  return (
    [...fresh].some((word) => !old.has(word) && word.length > 1 && product.added.has(word)) ||
    [...old].some((word) => !fresh.has(word) && word.length > 1 && product.removed.has(word))
  )
}

/** Words of a value; what every product says on some line, such as true or not, speaks for nothing. */
const valueWords = ({ text, literal }: Token): readonly string[] =>
  literal && !/^(?:true|false|none|null|nil|undefined)$/i.test(text) ? wordsOf(text) : []

/** What was put in the place of what; words are alike where the signs around them changed. */
function replacement({ before, after }: Changed): string {
  const parts = (tokens: readonly Token[]) =>
    tokens
      .map(({ text }) => text)
      .join(' ')
      .slice(0, 4_000)
      .match(/\w+|\W/g) ?? []
  const [old, now] = [parts(missing(before.tokens, after.tokens)), parts(missing(after.tokens, before.tokens))]
  let start = 0
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++
  let end = 0
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++
  const [lost, gained] = [old.slice(start, old.length - end).join(''), now.slice(start, now.length - end).join('')]
  const [signs, other_signs] = [lost, gained].map((text) => text.replaceAll(/\w+/g, 'w'))
  return signs === other_signs ? `${lost} -> ${gained}` : `${signs} -> ${other_signs}`
}

/** Besides its checks, the test says other words: what it hands over changed with what it expects. */
function otherInput({ before, after, changes }: ComparedCase): boolean {
  const checks = changes.flatMap((change) => [[change.before], 'after' in change ? [change.after] : []] as const)
  const [old, now] = [checks.filter((_, at) => at % 2 === 0).flat(), checks.filter((_, at) => at % 2 === 1).flat()]
  return surplus(before, after, old, now) > 0 && surplus(after, before, now, old) > 0
}

/** True when the test says everything it said, but for one check: what it gained besides takes nothing back. */
export function keptTheRest(change: AssertionChange, { before, after }: ComparedCase): boolean {
  return surplus(before, after, [change.before], 'after' in change ? [change.after] : []) <= MOST_LOST
}

/** Words of the first test that are neither in the second nor in its own changed checks. */
function surplus(test: TestCase, other: TestCase, checks: readonly Assertion[], others: readonly Assertion[]): number {
  const [own, foreign] = [
    counted(checks.flatMap(({ tokens }) => tokens)),
    counted(others.flatMap(({ tokens }) => tokens)),
  ]
  let left = 0
  for (const [word, count] of test.words)
    if (/\w/.test(word))
      left += Math.max(
        0,
        count - (own.get(word) ?? 0) - Math.max(0, (other.words.get(word) ?? 0) - (foreign.get(word) ?? 0)),
      )
  return left
}

/** A text of many words or lines that stays mostly as it was. */
function isRecording({ before, after }: Changed): boolean {
  const [old, now] = [missing(before.tokens, after.tokens), missing(after.tokens, before.tokens)]
  const long = (tokens: readonly Token[]) =>
    tokens.some(({ text }) => text.length > LONG || (text.trim().includes('\n') && text.length > LONG / 2))
  if (!long(old) && !long(now)) return false
  const bag = (tokens: readonly Token[]) =>
    counted(tokens.flatMap(({ text }) => wordsOf(text).map((word) => ({ text: word, literal: true }))))
  const [was, is] = [bag(old), bag(now)]
  return likeness(was, is) >= 0.4 || (is.size > 0 && Math.max(containment(is, was), containment(was, is)) >= 0.9)
}
