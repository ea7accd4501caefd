import type { AssertionChange } from './assertion-changes.ts'
import { assertionChanges } from './assertion-changes.ts'
import type { Comparison } from './comparison.ts'
import {
  expectationEvidence,
  isExplained,
  keptTheRest,
  type ComparedCase,
  type ExpectationEvidence,
} from './expectation-evidence.ts'
import type { IntegrityFinding } from './integrity-finding.ts'
import { wordsOf } from './product-evidence.ts'
import { goneFindings } from './gone-tests.ts'
import { containment, counted } from './source-tokens.ts'
import { isCollected, isNamedAsTest } from './test-files.ts'
import type { Assertion, Marker, TestCase } from './test-inventory.ts'

/** Findings about cases that are gone, marked, emptied or that check less. */
export function caseChanges(comparison: Comparison): readonly IntegrityFinding[] {
  const { gone, fresh, pairs } = comparison.matched
  const compared = pairs.map(
    ({ before, after }): ComparedCase => ({
      before,
      after,
      changes: assertionChanges(before.assertions, after.assertions),
    }),
  )
  const expectations = expectationEvidence(compared, comparison.files)
  return [
    ...goneFindings(comparison),
    ...fresh.flatMap((one) => freshFindings(one, gone.length > 0)),
    ...compared.flatMap((one) => pairFindings(one, { ...comparison, expectations })),
  ]
}

const SAID: Readonly<Record<Marker['kind'], readonly [rule: string, said: string]>> = {
  skipped: ['test.skipped', 'does not run any more'],
  only: ['test.only', 'is the only one that runs'],
  expected_to_fail: ['test.expected_to_fail', 'may fail'],
  conditional: ['test.skipped', 'runs under a condition only'],
}

/** What a new test may not be. One that does not run yet takes nothing away where no test is gone. */
function freshFindings(one: TestCase, any_gone: boolean): readonly IntegrityFinding[] {
  const skipped = any_gone ? 'error' : 'warning'
  const marks = one.markers.flatMap((marker) =>
    markerFinding(one, marker, marker.kind === 'only' ? 'error' : marker.kind === 'skipped' ? skipped : undefined),
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

/** A condition that whoever runs the tests sets, or that always holds. */
const ARBITRARY =
  /environ|getenv|\benv\b|\bCI\b|GITHUB|process\.env|System\.getProperty|\bTrue\b|\btrue\b|\(\s*1\b|random|datetime|Date\b|sys\.version_info\s*>=?\s*\(\s*[23]|version_info\s*\[0\]|os\.name|\bcfg_attr\(\s*(?:test|debug_assertions|unix|all\(\s*\)|not\()/i
/** A platform or a build of the product: true of some machines only. */
const NATURAL =
  /\b(?:WIN|WINDOWS|MAC|MACOS|IS_WIN\w*|IS_MAC\w*|PYPY|IS_PYPY)\b\s+and\b|\bos\.name\s*==\s*['"]nt['"]|\bsys\.platform\s*==[^)]*\band\b|^#\[\s*cfg\(\s*(?:not\(\s*)?feature\s*=\s*"[^"]+"\s*\)|System\.getProperty\("os\.name"\)/

/** True for a condition that takes a test out wherever somebody wants it to. */
const isArbitrary = (text: string): boolean => ARBITRARY.test(text) && !NATURAL.test(text)

type Judged = Comparison & { readonly expectations: ExpectationEvidence }

function pairFindings(one: ComparedCase, comparison: Judged): readonly IntegrityFinding[] {
  const { before, after } = one
  const marks = surplusOf(before.markers, after.markers).flatMap((marker) =>
    markerFinding(after, marker, marker.kind !== 'conditional' || isArbitrary(marker.text) ? 'error' : 'warning'),
  )
  const pure = isPure(before, after)
  const returns = surplusOf(before.returns, after.returns).map(
    ({ line, text }): IntegrityFinding => ({
      path: after.path,
      line,
      rule: 'test.early_return',
      severity: pure || text === '' || isArbitrary(text) ? 'error' : 'warning',
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
  // A stand-in for what had one already is no new one.
  const stood_in = new Set(before.mocks.map(({ target }) => target))
  const mocks = surplusOf(before.mocks, after.mocks)
    .filter(({ target }) => !stood_in.has(target))
    .map(
      ({ line, text }): IntegrityFinding => ({
        path: after.path,
        line,
        rule: 'test.mocked',
        severity: 'error',
        message: `replaces ${text.slice(0, 100)}`,
      }),
    )
  const checks = one.changes.flatMap((change) => checkFinding(change, one, { ...comparison, pure }))
  const rows = assertionChanges(before.rows, after.rows).flatMap((change) => rowFinding(change, after, comparison))
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
  one: ComparedCase,
  comparison: Judged & { readonly pure: boolean },
): readonly IntegrityFinding[] {
  const { after } = one
  const pure = comparison.pure || (change.kind !== 'expectation' && keptTheRest(change, one))
  const [rule, said] = RULES[change.kind]
  const was = change.before.text.slice(0, 120)
  if (change.kind === 'removed') {
    if (comparison.moved.has(change.before.text) && !onlyLost(change, one)) return []
    const { dropped, vanished } = comparison.product
    const spoken = change.before.tokens.some(
      ({ text, literal }) => dropped.has(text) || (literal && wordsOf(text).some((word) => vanished.has(word))),
    )
    const severity =
      spoken || !pure || after.support || isReplaced(change.before, one) || isMovedOut(one, comparison)
        ? 'warning'
        : 'error'
    const message = `${was} ${said} of "${after.id || after.path}"`
    return [{ path: after.path, line: change.before.line, rule, severity, message, side: 'base' }]
  }
  const now = change.after.text.slice(0, 120)
  const soft = change.kind === 'weakened' || change.kind === 'guarded' ? !pure : change.kind === 'rewritten'
  const severity = soft
    ? 'warning'
    : /^(?:expectation|inverted)$/.test(change.kind) && (!pure || isExplained(change, one, comparison))
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

/** The test still asks for as much: by as many checks that say as much, or by not failing any more as it was told to. */
function isReplaced(lost: Assertion, { before, after }: ComparedCase): boolean {
  const live = after.assertions.filter((check) => !check.dead && !check.swallowed)
  if (/#\[should_panic/.test(lost.text)) return live.length > 0
  const known = new Set(before.assertions.map(({ text }) => text))
  if (live.some((check) => check.strength > lost.strength && !known.has(check.text))) return true
  const says = (checks: readonly Assertion[]) => checks.reduce((sum, check) => sum + check.strength, 0)
  if (live.length < before.assertions.length) return false
  const own = counted(lost.tokens)
  const left = [...own].some(
    ([word, count]) => /^[a-z]\w{2,}$/i.test(word) && (before.words.get(word) ?? 0) > count && !after.words.has(word),
  )
  return left || says(live) >= says(before.assertions)
}

/** One check went and nothing came: that a new test says the same words is chance, as with a status that all ask for. */
const onlyLost = (change: AssertionChange, one: ComparedCase): boolean =>
  one.before.name === one.after.name &&
  keptTheRest(change, one) &&
  [...one.after.words].every(([word, count]) => count <= (one.before.words.get(word) ?? 0) || FILLER.test(word))

/** What may stand where a check stood, and does nothing. */
const FILLER = /^(?:pass|print|println|console|log|Log|Logf|System|out|\W+|["'`].*)$/

/** Words that a test loses with one check; a block that became a test of its own has more. */
const BLOCK = 25

/** A whole block left the test and its words are in tests that are new. */
function isMovedOut({ before, after }: ComparedCase, { matched }: Comparison): boolean {
  const lost = new Map([...before.words].map(([word, count]) => [word, count - (after.words.get(word) ?? 0)] as const))
  for (const [word, count] of lost) if (count <= 0) lost.delete(word)
  const size = [...lost.values()].reduce((sum, count) => sum + count, 0)
  return size >= BLOCK && matched.fresh.some(({ words }) => containment(lost, words) >= 0.7)
}

function rowFinding(change: AssertionChange, after: TestCase, comparison: Comparison): readonly IntegrityFinding[] {
  if (change.kind !== 'removed') return []
  const { vanished } = comparison.product
  const feature = change.before.tokens.flatMap(({ text }) => wordsOf(text)).find((word) => vanished.has(word))
  return [
    {
      path: after.path,
      line: after.line,
      rule: 'test.row_removed',
      severity: feature === undefined ? 'error' : 'warning',
      message: `the row ${change.before.text.slice(0, 120)} of "${after.id}" is taken out`,
    },
  ]
}
