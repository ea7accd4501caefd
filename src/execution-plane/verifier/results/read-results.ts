import type { TestResult, TestResultSource } from '#domain/verification'
import { parseCargoText } from './cargo-text.ts'
import { goLog, parseGoJson } from './go-json.ts'
import { parseJestJson } from './jest-json.ts'
import { parseJunit } from './junit.ts'
import { parseTap } from './tap.ts'
import { lostTests } from './test-result.ts'
import { parseUnittestText } from './unittest-text.ts'

/** At most so many tests are kept of one phase; a report must stay readable and storable. */
const MOST_TESTS = 50_000

const PARSERS: Readonly<Record<TestResultSource['format'], (text: string) => readonly TestResult[] | undefined>> = {
  junit: parseJunit,
  tap: parseTap,
  jest_json: parseJestJson,
  unittest_text: parseUnittestText,
  go_json: parseGoJson,
  cargo_text: parseCargoText,
}

/** Parses one document; undefined when it is not of the format. Never throws for what the document says. */
export const parseResults = (format: TestResultSource['format'], text: string): readonly TestResult[] | undefined =>
  PARSERS[format](text)

/** What a person reads of results that the runner wrote in the place of its log; empty for runners that print one. */
export const logOfResults = (format: TestResultSource['format'], text: string): string =>
  format === 'go_json' ? goLog(text) : ''

/** Whatever results a command of unknown kind printed; empty when none are recognised. */
export function recogniseResults(output: string): readonly TestResult[] {
  if (/^TAP version 1[34]/m.test(output)) return parseTap(output) ?? []
  if (/^Ran \d+ tests? in /m.test(output)) return parseUnittestText(output) ?? []
  if (/^running \d+ tests?$/m.test(output)) return parseCargoText(output) ?? []
  const junit = output.indexOf('<testsuite')
  if (junit !== -1) return parseJunit(output.slice(junit)) ?? []
  return []
}

/**
 * One list with unique ids in a fixed order: a second test of the same id gets ` #2`, because ids decide which test is
 * compared with which.
 */
export function uniqueTests(tests: readonly TestResult[]): readonly TestResult[] {
  const seen = new Map<string, number>()
  return fewest(tests).map((test) => {
    const count = (seen.get(test.id) ?? 0) + 1
    seen.set(test.id, count)
    return count === 1 ? test : { ...test, id: `${test.id} #${count}` }
  })
}

/** More tests than are kept never hide one that fails: those come first then, and the loss has a result of its own. */
function fewest(tests: readonly TestResult[]): readonly TestResult[] {
  if (tests.length <= MOST_TESTS) return tests
  const failing = tests.filter(({ outcome }) => outcome === 'failed' || outcome === 'error')
  const others = tests.filter(({ outcome }) => outcome === 'passed' || outcome === 'skipped')
  const lost = lostTests([], `${tests.length} results are more than the ${MOST_TESTS} that are kept`)
  return [lost, ...failing, ...others].slice(0, MOST_TESTS)
}
