import type { Comparison } from './comparison.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { partsOf } from './name-parts.ts'
import { wordsOf } from './product-evidence.ts'
import { containment } from './source-tokens.ts'
import type { TestCase } from './test-inventory.ts'

/** What speaks for a test that is gone. */
interface Gone {
  readonly rule: 'test.removed' | 'test.merged'
  readonly said: string
}

/**
 * Tests of the base that the proposed tree does not have: an error, but where the feature went with the test, or where
 * other tests took over what it says.
 */
export function goneFindings(comparison: Comparison): readonly IntegrityFinding[] {
  const { gone, fresh, pairs } = comparison.matched
  if (gone.length === 0) return []
  const left = new Set([...fresh, ...pairs.map(({ after }) => after)].flatMap(saidBy))
  return gone.map((one) => {
    const why = mergedInto(one, comparison) ?? goneWith(one, comparison, left)
    return {
      path: one.path,
      line: one.line,
      side: 'base' as const,
      rule: why?.rule ?? 'test.removed',
      severity: why === undefined ? 'error' : 'warning',
      message: `the test "${one.id}" is ${why?.said ?? 'removed'}`,
    }
  })
}

const saidBy = (one: TestCase): readonly string[] => [...wordsOf(one.name), ...[...one.words.keys()].flatMap(wordsOf)]

/** A word of the test went out of the product: a name that it declared, or a word that no test says any more either. */
function goneWith(one: TestCase, { product }: Comparison, left: ReadonlySet<string>): Gone | undefined {
  const feature =
    [...one.words.keys()].find((word) => product.dropped.has(word)) ??
    saidBy(one).find((word) => product.vanished.has(word) && !left.has(word))
  return feature === undefined ? undefined : { rule: 'test.removed', said: `removed together with ${feature}` }
}

/** A text that a test says and that is no single letter or sign. */
const LITERAL = /^[rbfu]{0,2}["'`].{5,}/s

/** Its checks and most of its words are in other tests, or it became a row of one. */
function mergedInto(one: TestCase, { matched, gained, taken }: Comparison): Gone | undefined {
  const checked = one.assertions.length > 0 && one.assertions.every(({ text }) => taken.has(text))
  if (checked && containment(one.words, gained) >= 0.7)
    return { rule: 'test.merged', said: 'gone; what it says is in other tests' }
  const texts = [...one.words.keys()].filter((word) => LITERAL.test(word))
  const rows = new Set(
    matched.fresh.flatMap((other) => other.rows.flatMap((row) => row.tokens.map(({ text }) => text))),
  )
  if (texts.length > 1 && texts.filter((text) => rows.has(text)).length * 2 >= texts.length)
    return { rule: 'test.merged', said: 'gone; most of its values are rows of other tests' }
  const table = matched.fresh.find((other) => other.path === one.path && isRowOf(one, other))
  return table === undefined ? undefined : { rule: 'test.merged', said: `gone; "${table.id}" has it as a row` }
}

/** A test with a table of parameters, one of which is what told the two names apart. */
function isRowOf(one: TestCase, other: TestCase): boolean {
  if (other.rows.length === 0) return false
  const [own, names] = [partsOf(one.name), new Set(partsOf(other.name))]
  const apart = own.filter((part) => !names.has(part))
  const rows = new Set(other.rows.flatMap(({ text }) => partsOf(text)))
  return own.length > apart.length && apart.length > 0 && apart.every((part) => rows.has(part))
}
