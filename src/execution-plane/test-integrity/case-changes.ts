import type { AssertionChange } from './assertion-changes.ts'
import { assertionChanges, missing } from './assertion-changes.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import type { MatchedCases } from './match-cases.ts'
import { wordsOf, type ProductEvidence } from './product-evidence.ts'
import { containment } from './source-tokens.ts'
import { isCollected, isNamedAsTest } from './test-files.ts'
import type { Marker, TestCase } from './test-inventory.ts'

/** Everything a comparison of tests may ask. */
export interface Comparison {
  readonly matched: MatchedCases
  readonly product: ProductEvidence
  /** Words that tests gained, over all changed files. */
  readonly gained: ReadonlyMap<string, number>
  /** Texts of checks that tests gained. */
  readonly moved: ReadonlySet<string>
}

/** Findings about cases that are gone, marked, emptied or that check less. */
export function caseChanges(comparison: Comparison): readonly IntegrityFinding[] {
  const { gone, fresh, pairs } = comparison.matched
  return [
    ...gone.flatMap((one) => goneFindings(one, comparison)),
    ...fresh.flatMap(freshFindings),
    ...pairs.flatMap(({ before, after }) => pairFindings(before, after, comparison)),
  ]
}

function goneFindings(one: TestCase, { product, gained, moved }: Comparison): readonly IntegrityFinding[] {
  const at = { path: one.path, line: one.line, side: 'base' as const }
  const feature = [...one.words.keys()].find((word) => product.dropped.has(word))
  if (feature !== undefined)
    return [
      {
        ...at,
        rule: 'test.removed',
        severity: 'warning',
        message: `the test "${one.id}" is removed together with ${feature}`,
      },
    ]
  if (
    one.assertions.length > 0 &&
    one.assertions.every(({ text }) => moved.has(text)) &&
    containment(one.words, gained) >= 0.7
  )
    return [
      {
        ...at,
        rule: 'test.merged',
        severity: 'warning',
        message: `the test "${one.id}" is gone; what it says is in other tests`,
      },
    ]
  return [{ ...at, rule: 'test.removed', severity: 'error', message: `the test "${one.id}" is removed` }]
}

const SAID: Readonly<Record<Marker['kind'], readonly [rule: string, said: string]>> = {
  skipped: ['test.skipped', 'does not run any more'],
  only: ['test.only', 'is the only one that runs'],
  expected_to_fail: ['test.expected_to_fail', 'may fail'],
  conditional: ['test.skipped', 'runs under a condition only'],
}

function freshFindings(one: TestCase): readonly IntegrityFinding[] {
  const marks = one.markers.flatMap((marker) =>
    markerFinding(one, marker, marker.kind === 'only' ? 'error' : marker.kind === 'skipped' ? 'error' : undefined),
  )
  const silent = one.assertions.filter((check) => check.swallowed || check.dead)
  const trivial = one.assertions.filter((check) => check.strength === 0)
  const all = one.assertions.length > 0 && silent.length + trivial.length === one.assertions.length
  return [
    ...marks,
    ...(all
      ? [
          {
            path: one.path,
            line: one.line,
            rule: 'test.cannot_fail',
            severity: 'error' as const,
            message: `the new test "${one.id}" cannot fail`,
          },
        ]
      : []),
  ]
}

function markerFinding(
  one: TestCase,
  marker: Marker,
  severity: 'error' | 'warning' | undefined,
): readonly IntegrityFinding[] {
  if (severity === undefined) return []
  const [rule, said] = SAID[marker.kind]
  return [
    {
      path: one.path,
      line: marker.line || one.line,
      rule,
      severity,
      message: `the test "${one.id || one.path}" ${said}: ${marker.text.slice(0, 100)}`,
    },
  ]
}

/** A skip under a condition that whoever runs the tests sets, or that always holds. */
const ARBITRARY =
  /environ|getenv|\benv\b|\bCI\b|GITHUB|process\.env|System\.getProperty|\bTrue\b|\btrue\b|\(\s*1\b|random|datetime|Date\b|sys\.version_info\s*>=?\s*\(\s*[23]|version_info\s*\[0\]|os\.name/i

function pairFindings(before: TestCase, after: TestCase, comparison: Comparison): readonly IntegrityFinding[] {
  const marks = surplusOf(before.markers, after.markers).flatMap((marker) =>
    markerFinding(after, marker, marker.kind !== 'conditional' || ARBITRARY.test(marker.text) ? 'error' : 'warning'),
  )
  const pure = isPure(before, after)
  const returns = surplusOf(before.returns, after.returns).map(
    ({ line, text }): IntegrityFinding => ({
      path: after.path,
      line,
      rule: 'test.early_return',
      severity: pure || text === '' || ARBITRARY.test(text) ? 'error' : 'warning',
      message: `the test "${after.id}" returns before its checks${text === '' ? '' : ` when ${text}`}`,
    }),
  )
  const swallows = surplusOf(before.swallows, after.swallows)
  const quiet =
    swallows.length > 0 && after.assertions.length === 0
      ? swallows.map(
          ({ line, text }): IntegrityFinding => ({
            path: after.path,
            line,
            rule: 'test.swallowed_failure',
            severity: 'error',
            message: `failures of "${after.id}" are caught and dropped: ${text.slice(0, 80)}`,
          }),
        )
      : []
  const mocks = surplusOf(before.mocks, after.mocks).map(
    ({ line, text }): IntegrityFinding => ({
      path: after.path,
      line,
      rule: 'test.mocked',
      severity: 'error',
      message: `replaces ${text.slice(0, 100)}`,
    }),
  )
  const checks = [...assertionChanges(before.assertions, after.assertions)].flatMap((change) =>
    checkFinding(change, after, { ...comparison, pure }),
  )
  const rows = assertionChanges(before.rows, after.rows).flatMap((change) => rowFinding(change, after))
  const away =
    isNamedAsTest(before.path) && !isCollected(after.path) && !after.support
      ? [
          {
            path: after.path,
            line: after.line,
            rule: 'test.renamed_away',
            severity: 'error' as const,
            message: `the test "${after.id}" moves to where no runner looks`,
          },
        ]
      : []
  return [...away, ...marks, ...returns, ...quiet, ...mocks, ...checks, ...rows]
}

/** Words that a test may gain besides and still be no rewritten one. */
const MOST_GAINED = 4

/** True when a test lost, or turned, what it says and gained next to nothing. */
function isPure(before: TestCase, after: TestCase): boolean {
  let gained = 0
  for (const [word, count] of after.words)
    if (/\w/.test(word)) gained += Math.max(0, count - (before.words.get(word) ?? 0))
  return gained <= MOST_GAINED
}

function surplusOf<T extends { readonly text: string }>(before: readonly T[], after: readonly T[]): readonly T[] {
  const left = before.map(({ text }) => text)
  return after.filter(({ text }) => {
    const at = left.indexOf(text)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

const RULES: Readonly<Record<AssertionChange['kind'], readonly [rule: string, said: string]>> = {
  removed: ['test.assertion_removed', 'is taken out'],
  weakened: ['test.assertion_weakened', 'says less than'],
  trivial: ['test.trivial_assertion', 'holds whatever the code does, unlike'],
  loosened: ['test.tolerance_widened', 'allows more than'],
  inverted: ['test.assertion_inverted', 'asks for the opposite of'],
  expectation: ['test.expectation_changed', 'expects another value than'],
  rewritten: ['test.assertion_rewritten', 'stands in the place of'],
  swallowed: ['test.swallowed_failure', 'is caught when it fails'],
  dead: ['test.dead_code', 'is not reached'],
  guarded: ['test.assertion_guarded', 'is reached under a condition only'],
}

function checkFinding(
  change: AssertionChange,
  after: TestCase,
  comparison: Comparison & { readonly pure: boolean },
): readonly IntegrityFinding[] {
  const [rule, said] = RULES[change.kind]
  const was = change.before.text.slice(0, 120)
  if (change.kind === 'removed') {
    if (comparison.moved.has(change.before.text)) return []
    const { dropped, lost } = comparison.product
    const spoken = change.before.tokens.some(
      ({ text, literal }) => dropped.has(text) || (literal && wordsOf(text).some((word) => lost.has(word))),
    )
    const severity = spoken || !comparison.pure || after.support ? 'warning' : 'error'
    const message = `${was} ${said} of "${after.id || after.path}"`
    return [{ path: after.path, line: change.before.line, rule, severity, message, side: 'base' }]
  }
  const now = change.after.text.slice(0, 120)
  const soft = change.kind === 'weakened' || change.kind === 'guarded' ? !comparison.pure : change.kind === 'rewritten'
  const severity = soft
    ? 'warning'
    : /^(?:expectation|inverted)$/.test(change.kind) && (!comparison.pure || supported(change, comparison.product))
      ? 'warning'
      : 'error'
  return [
    {
      path: after.path,
      line: change.after.line,
      rule,
      severity,
      message: `${now} ${said}${now === was ? '' : ` ${was}`}`,
    },
  ]
}

/** The new value is made of words that the product gained, or the old one of words that it lost. */
function supported(
  {
    before,
    after,
  }: {
    readonly before: { readonly tokens: TestCase['assertions'][number]['tokens'] }
    readonly after: { readonly tokens: TestCase['assertions'][number]['tokens'] }
  },
  product: ProductEvidence,
): boolean {
  const lost = missing(before.tokens, after.tokens).flatMap(({ text }) => wordsOf(text))
  const gained = missing(after.tokens, before.tokens).flatMap(({ text }) => wordsOf(text))
  const [old, fresh] = [new Set(lost), new Set(gained)]
  return (
    [...fresh].some((word) => !old.has(word) && word.length > 1 && product.added.has(word)) ||
    [...old].some((word) => !fresh.has(word) && word.length > 1 && product.removed.has(word))
  )
}

function rowFinding(change: AssertionChange, after: TestCase): readonly IntegrityFinding[] {
  if (change.kind !== 'removed') return []
  return [
    {
      path: after.path,
      line: after.line,
      rule: 'test.row_removed',
      severity: 'error',
      message: `the row ${change.before.text.slice(0, 120)} of "${after.id}" is taken out`,
    },
  ]
}
