import type { TestOutcome, TestResult } from '#domain/verification'
import { lostTests, testResult } from './test-result.ts'
import { xmlTokens, type XmlToken } from './xml.ts'

interface OpenCase {
  readonly attributes: Readonly<Record<string, string>>
  /** Name of the suite around it. */
  readonly suite: string
  outcome: TestOutcome
  message: string
  inside: boolean
}

/** A suite that is open while the document is read. */
interface OpenSuite {
  readonly name: string
  /** Of the suite itself, else of the nearest one around it that names a file. */
  readonly file: string
  /** How many tests the suite says it has; what it holds besides suites is counted. */
  readonly claimed: number
  found: number
}

const DEEPEST_SUITE = 64
const MOST_CASES = 200_000

interface Reading {
  readonly tests: TestResult[]
  readonly suites: OpenSuite[]
  test: OpenCase | undefined
  seen: boolean
  unclosed: number
}

/**
 * Reads JUnit XML of surefire, gradle, mocha and others; undefined when the text holds no test suite. A document that
 * ends before its suites do, or a suite with fewer tests than it says, has an error of its own.
 */
export function parseJunit(text: string): readonly TestResult[] | undefined {
  const reading: Reading = { tests: [], suites: [], test: undefined, seen: false, unclosed: 0 }
  for (const token of xmlTokens(text)) {
    const { test } = reading
    if (token.kind === 'text') {
      if (test?.inside === true && test.message.length < 8_000) test.message += token.text.slice(0, 8_000)
    } else if (token.kind === 'close') closeElement(token.name, reading)
    else openElement(token, reading)
    if (reading.suites.length > DEEPEST_SUITE || reading.tests.length > MOST_CASES) break
  }
  if (!reading.seen) return undefined
  if (reading.unclosed > 0)
    reading.tests.push(lostTests([], 'the report ends before its end, or is larger than is read'))
  return reading.tests
}

function closeElement(name: string, reading: Reading): void {
  const { test, suites } = reading
  if (name === 'testsuites' || name === 'testsuite') reading.unclosed--
  if (name === 'testsuite') {
    const suite = suites.pop()
    if (suite !== undefined && suite.found < suite.claimed)
      reading.tests.push(lostTests([suite.name], `${suite.found} of its ${suite.claimed} tests are in the report`))
    const around = suites.at(-1)
    if (around !== undefined && suite !== undefined) around.found += suite.found
  }
  if (test !== undefined) test.inside = false
  if (name === 'testcase' && test !== undefined) endCase(test, reading)
}

function openElement(token: Extract<XmlToken, { readonly kind: 'open' }>, reading: Reading): void {
  const { attributes, closed, name } = token
  const { suites, test } = reading
  const around = suites.at(-1)
  if (name === 'testsuites' || name === 'testsuite') {
    reading.seen = true
    if (closed) return
    reading.unclosed++
    if (name === 'testsuite')
      suites.push({
        name: attributes['name'] ?? '',
        file: attributes['file'] ?? attributes['filepath'] ?? around?.file ?? '',
        claimed: Number.parseInt(attributes['tests'] ?? '0', 10) || 0,
        found: 0,
      })
  } else if (name === 'testcase') {
    if (around !== undefined) around.found++
    reading.test = { attributes, suite: around?.name ?? '', outcome: 'passed', message: '', inside: false }
    if (closed) endCase(reading.test, reading)
  } else if (test !== undefined) note(test, name, attributes, closed)
}

function endCase(test: OpenCase, reading: Reading): void {
  const file = reading.suites.at(-1)?.file
  reading.tests.push(toResult(test, file === '' ? undefined : file))
  reading.test = undefined
}

function note(test: OpenCase, name: string, attributes: Readonly<Record<string, string>>, closed: boolean): void {
  const outcome = ({ failure: 'failed', error: 'error', skipped: 'skipped' } as const)[name]
  if (outcome === undefined) return
  if (test.outcome === 'passed' || outcome === 'error') test.outcome = outcome
  const said = attributes['message'] ?? ''
  test.message = [test.message, said === '' ? '' : `${said}\n`].join('')
  test.inside = !closed
}

function toResult({ attributes, suite, outcome, message }: OpenCase, suiteFile: string | undefined): TestResult {
  const file = attributes['file'] ?? suiteFile
  const owner = attributes['classname'] ?? suite
  const seconds = Number.parseFloat(attributes['time'] ?? '')
  const line = Number.parseInt(attributes['line'] ?? '', 10)
  return testResult({
    file,
    names: [withoutFile(owner, file), attributes['name'] ?? ''],
    outcome,
    duration_ms: seconds * 1000,
    message,
    // pytest counts lines from 0.
    line: Number.isNaN(line) ? undefined : line + (file?.endsWith('.py') === true ? 1 : 0),
  })
}

/** pytest puts the module's path into the class name: `tests.test_a.TestB` in tests/test_a.py is `TestB`. */
function withoutFile(owner: string, file: string | undefined): string {
  if (file === undefined || !file.endsWith('.py')) return owner
  const module = file.replace(/\.py$/, '').replaceAll('/', '.')
  return owner === module ? '' : owner.startsWith(`${module}.`) ? owner.slice(module.length + 1) : owner
}
