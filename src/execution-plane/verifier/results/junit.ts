import type { TestOutcome, TestResult } from '#domain/verification'
import { testResult } from './test-result.ts'
import { xmlTokens } from './xml.ts'

interface OpenCase {
  readonly attributes: Readonly<Record<string, string>>
  readonly suites: readonly string[]
  outcome: TestOutcome
  message: string
  inside: boolean
}

/** Reads JUnit XML of surefire, pytest, mocha and others; undefined when the text holds no test suite. */
export function parseJunit(text: string): readonly TestResult[] | undefined {
  const tests: TestResult[] = []
  const suites: { name: string; file: string }[] = []
  let test: OpenCase | undefined
  let seen = false
  for (const token of xmlTokens(text)) {
    if (token.kind === 'text') {
      if (test?.inside === true && test.message.length < 8_000) test.message += token.text
    } else if (token.kind === 'close') {
      if (token.name === 'testsuite') suites.pop()
      if (test !== undefined) test.inside = false
      if (token.name === 'testcase' && test !== undefined) {
        tests.push(toResult(test, suites.findLast((suite) => suite.file !== '')?.file))
        test = undefined
      }
    } else if (token.name === 'testsuites' || token.name === 'testsuite') {
      seen = true
      if (token.name === 'testsuite' && !token.closed)
        suites.push({
          name: token.attributes['name'] ?? '',
          file: token.attributes['file'] ?? token.attributes['filepath'] ?? '',
        })
    } else if (token.name === 'testcase') {
      test = {
        attributes: token.attributes,
        suites: suites.map(({ name }) => name),
        outcome: 'passed',
        message: '',
        inside: false,
      }
      if (token.closed) {
        tests.push(toResult(test, suites.findLast((suite) => suite.file !== '')?.file))
        test = undefined
      }
    } else if (test !== undefined) note(test, token.name, token.attributes, token.closed)
  }
  return seen ? tests : undefined
}

function note(test: OpenCase, name: string, attributes: Readonly<Record<string, string>>, closed: boolean): void {
  const outcome = ({ failure: 'failed', error: 'error', skipped: 'skipped' } as const)[name]
  if (outcome === undefined) return
  if (test.outcome === 'passed' || outcome === 'error') test.outcome = outcome
  const said = attributes['message'] ?? ''
  test.message = [test.message, said === '' ? '' : `${said}\n`].join('')
  test.inside = !closed
}

function toResult({ attributes, suites, outcome, message }: OpenCase, suiteFile: string | undefined): TestResult {
  const file = attributes['file'] ?? suiteFile
  const owner = attributes['classname'] ?? suites.at(-1) ?? ''
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
