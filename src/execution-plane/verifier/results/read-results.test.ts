import { describe, expect, it } from 'vitest'
import { parseResults, recogniseResults, uniqueTests } from './read-results.ts'
import { startWork } from '../../../../test/support/machine-time.ts'

const outcomes = (format: Parameters<typeof parseResults>[0], text: string) =>
  parseResults(format, text)?.map((test) => [test.id, test.outcome])

describe('JUnit XML', () => {
  it('surefire, pytest and mocha are read by class, file and name', () => {
    const surefire =
      '<?xml version="1.0"?><testsuite name="acme.RetryTest"><properties><property name="a" value="b"/></properties><testcase name="retries" classname="acme.RetryTest" time="0.01"/><testcase name="stops" classname="acme.RetryTest"><failure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="X"><![CDATA[at acme.RetryTest.stops(RetryTest.java:12)]]></failure></testcase><testcase name="waits" classname="acme.RetryTest"><skipped/></testcase></testsuite>'
    expect(outcomes('junit', surefire)).toEqual([
      ['acme.RetryTest::retries', 'passed'],
      ['acme.RetryTest::stops', 'failed'],
      ['acme.RetryTest::waits', 'skipped'],
    ])
    expect(parseResults('junit', surefire)?.[1]?.message).toBe(
      'expected: <1> but was: <2>\nat acme.RetryTest.stops(RetryTest.java:12)',
    )
    const pytest =
      '<testsuites><testsuite name="pytest"><testcase classname="tests.test_a.TestB" name="test_c" file="tests/test_a.py" line="4" time="0.1"><error message="boom">trace</error></testcase></testsuite></testsuites>'
    expect(parseResults('junit', pytest)).toEqual([
      {
        id: 'tests/test_a.py::TestB::test_c',
        outcome: 'error',
        duration_ms: 100,
        message: 'boom\ntrace',
        file: 'tests/test_a.py',
        line: 5,
      },
    ])
  })

  it('entities do not expand and nothing outside is read', () => {
    const bomb =
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&b;&f;&amp;"/></testsuite>'
    expect(outcomes('junit', bomb)).toEqual([['&b;&f;&', 'passed']])
  })

  it('hostile documents are read in linear time and end quietly', () => {
    const worked = startWork()
    for (const text of [
      '<testsuite>'.repeat(50_000),
      `<testsuite ${'a="'.repeat(100_000)}`,
      `<testsuite>${'<!--'.repeat(100_000)}`,
      `<testsuite><testcase name="${'x'.repeat(2_000_000)}"/>`,
      '<'.repeat(500_000),
      `<testsuite ${'a '.repeat(300_000)}>`,
    ])
      parseResults('junit', text)
    expect(worked()).toBeLessThan(5_000)
  })

  it('a document without a suite is no report', () => {
    expect(parseResults('junit', '<html/>')).toBeUndefined()
  })
})

describe('TAP', () => {
  it('subtests, directives and diagnostics are read', () => {
    const text =
      "TAP version 14\n# Subtest: grp\n    # Subtest: ok\n    ok 1 - ok\n    # Subtest: bad\n    not ok 2 - bad\n      ---\n      location: '/workspace/a.test.mjs:3:41'\n      error: '1 == 2'\n      ...\n    1..2\nnot ok 1 - grp\n  ---\n  error: '1 subtest failed'\n  ...\nok 2 - later # SKIP not now\nok 3 - some # TODO\n1..3\n"
    expect(outcomes('tap', text)).toEqual([
      ['grp::ok', 'passed'],
      ['grp::bad', 'failed'],
      ['later', 'skipped'],
      ['some', 'skipped'],
    ])
    expect(parseResults('tap', text)?.[1]?.line).toBe(3)
  })

  it('a bail out is an error', () => {
    expect(outcomes('tap', 'TAP version 13\nok 1 - a\nBail out! no database\n')).toEqual([
      ['a', 'passed'],
      ['Bail out!', 'error'],
    ])
  })

  it('text that is no TAP is no report', () => {
    expect(parseResults('tap', 'hello\n')).toBeUndefined()
  })
})

describe('jest JSON and unittest text', () => {
  it('a file that fails to load is an error of its own', () => {
    const text = JSON.stringify({
      testResults: [
        { name: '/workspace/src/a.test.ts', status: 'failed', message: 'SyntaxError', assertionResults: [] },
      ],
    })
    expect(outcomes('jest_json', text)).toEqual([['src/a.test.ts::(file)', 'error']])
  })

  it('what is no report is none', () => {
    for (const text of ['', '[]', '{"testResults": 3}', '{']) expect(parseResults('jest_json', text)).toBeUndefined()
  })

  it('unittest output is read with its failures, in the form of every version', () => {
    const text =
      "test_a (tests.test_x.T.test_a) ... ok\ntest_b (tests.test_x.T)\nSays what it does ... FAIL\ntest_c (tests.test_x.T) ... skipped 'later'\n\n" +
      `${'='.repeat(70)}\nFAIL: test_b (tests.test_x.T)\n${'-'.repeat(70)}\nTraceback\nAssertionError: 1 != 2\n\n` +
      'Ran 3 tests in 0.1s\n'
    expect(outcomes('unittest_text', text)).toEqual([
      ['tests.test_x.T::test_a', 'passed'],
      ['tests.test_x.T::test_b', 'failed'],
      ['tests.test_x.T::test_c', 'skipped'],
    ])
    expect(recogniseResults(text)).toHaveLength(3)
    expect(recogniseResults('all good\n')).toEqual([])
  })
})

it('a second test of the same id is told apart', () => {
  const test = { id: 'a', outcome: 'passed' } as const
  expect(uniqueTests([test, test]).map(({ id }) => id)).toEqual(['a', 'a #2'])
})
