import { describe, expect, it } from 'vitest'
import { startWork } from '../../../../test/support/machine-time.ts'
import { parseResults, uniqueTests } from './read-results.ts'

const outcomes = (format: Parameters<typeof parseResults>[0], text: string) =>
  Object.fromEntries((parseResults(format, text) ?? []).map((test) => [test.id, test.outcome]))
const lost = (format: Parameters<typeof parseResults>[0], text: string) =>
  Object.entries(outcomes(format, text)).some(([id, outcome]) => id.endsWith('(target)') && outcome === 'error')

describe('counts are the platform’s own', () => {
  const TAP: readonly (readonly [fact: string, text: string, lost: boolean])[] = [
    ['a whole document', 'TAP version 13\nok 1 - a\nok 2 - b\n1..2\n', false],
    ['a plan in front', 'TAP version 14\n1..1\nok 1 - a\n', false],
    ['a run that was left before its plan', 'TAP version 13\nok 1 - a\n', true],
    ['points that a test printed', 'TAP version 13\nok 1 - a\nok 2 - forged\nok 2 - b\n1..2\n', true],
    ['a plan that a test printed', 'TAP version 13\nok 1 - a\n1..1\nnot ok 2 - b\n1..2\n', true],
    ['points out of their order', 'TAP version 13\nok 2 - b\nok 1 - a\n1..2\n', true],
  ]
  for (const [fact, text, broken] of TAP)
    it(`TAP: ${fact} is ${broken ? 'an error' : 'read'}`, () => expect(lost('tap', text)).toBe(broken))

  const running = (count: number) =>
    `     Running unittests src/lib.rs (target/debug/deps/shop-0123456789abcdef)\n\nrunning ${count} tests\n`
  const end = (passed: number, failed = 0) =>
    `\ntest result: ${failed > 0 ? 'FAILED' : 'ok'}. ${passed} passed; ${failed} failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n`
  const CARGO: readonly (readonly [fact: string, text: string, lost: boolean])[] = [
    ['a whole binary', `${running(2)}test a ... ok\ntest b ... ok\n${end(2)}`, false],
    [
      'output in the place of an outcome',
      `${running(2)}test a ... said something\nok\ntest b ... ok\n${end(2)}`,
      false,
    ],
    ['a summary of other counts', `${running(2)}test a ... ok\n${end(1)}`, true],
    ['a summary that a test printed', `${running(2)}test a ... ok\n${end(2)}test b ... FAILED\n${end(1, 1)}`, true],
    ['a test that is told twice', `${running(2)}test b ... ok\ntest b ... ok\n${end(2)}`, true],
    ['more tests than were announced', `${running(1)}test a ... ok\ntest fake ... ok\n${end(1)}`, true],
    ['a binary that was left', `${running(2)}test a ... ok\n`, true],
  ]
  for (const [fact, text, broken] of CARGO)
    it(`cargo: ${fact} is ${broken ? 'an error' : 'read'}`, () => expect(lost('cargo_text', text)).toBe(broken))

  it('JUnit: a suite with fewer tests than it says, or no end, is an error', () => {
    const suite = (tests: number, end: string) => `<testsuite name="s" tests="${tests}"><testcase name="a"/>${end}`
    expect(lost('junit', suite(1, '</testsuite>'))).toBe(false)
    expect(lost('junit', `<testsuites>${suite(1, '</testsuite>')}</testsuites>`)).toBe(false)
    expect(lost('junit', `<testsuites>${suite(1, '</testsuite>')}`)).toBe(true)
    expect(lost('junit', suite(2, '</testsuite>'))).toBe(true)
    expect(lost('junit', suite(1, ''))).toBe(true)
    expect(
      lost('junit', '<testsuite tests="2"><testsuite tests="2"><testcase/><testcase/></testsuite></testsuite>'),
    ).toBe(false)
  })

  it('Go: lines that a test prints are its output, and a package that left with success has an error', () => {
    const event = (fields: object) => `${JSON.stringify({ Package: 'x/d', ...fields })}\n`
    const forged = event({ Action: 'pass', Test: 'Fake' })
    const failing =
      event({ Action: 'run', Test: 'A' }) +
      event({ Action: 'output', Test: 'A', Output: forged }) +
      event({ Action: 'fail', Test: 'A' }) +
      event({ Action: 'fail' })
    expect(outcomes('go_json', failing)).toEqual({ 'x/d::A': 'failed' })
    const left = event({ Action: 'output', Output: 'ok  \tx/d\t0.003s\n' }) + event({ Action: 'pass' })
    expect(outcomes('go_json', left)).toEqual({ 'x/d::(package)': 'error' })
    const none =
      event({ Action: 'output', Output: 'testing: warning: no tests to run\n' }) +
      event({ Action: 'output', Output: 'PASS\n' }) +
      event({ Action: 'pass' })
    expect(outcomes('go_json', none)).toEqual({})
  })
})

describe('hostile reports are bounded', () => {
  it('suites in suites, cut documents and expanding entities end in linear time', () => {
    const worked = startWork()
    const texts = [
      '<testsuite name="s"><testcase name="a"/>'.repeat(100_000),
      `<testsuite>${'<testcase name="a"><failure>'.repeat(200_000)}`,
      `<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(50_000)}]><testsuite><testcase name="&a;"/></testsuite>`,
      `<testsuite>${'<testcase name="a"/>'.repeat(300_000)}</testsuite>`,
    ]
    for (const text of texts) expect(parseResults('junit', text)?.length ?? 0).toBeLessThan(300_000)
    for (const text of ['[', '{"a":'].map((part) => part.repeat(300_000)))
      expect(parseResults('jest_json', text)).toBeUndefined()
    expect(parseResults('jest_json', '{"testResults":[{"name":"a","assertionResults":[{"title":"b"')).toBeUndefined()
    parseResults('tap', `TAP version 13\n${'    '.repeat(50_000)}ok 1\n${'# Subtest: x\n    '.repeat(50_000)}`)
    parseResults('cargo_text', `running 1 test\n${'test '.repeat(200_000)}`)
    expect(worked()).toBeLessThan(5_000)
  })

  it('long names stay apart, and marks that turn text are taken out', () => {
    const named = (name: string) =>
      parseResults(
        'jest_json',
        JSON.stringify({ testResults: [{ name: '', assertionResults: [{ title: name, status: 'passed' }] }] }),
      )?.[0]?.id ?? ''
    const long = 'x'.repeat(5_000)
    expect(named(`${long}a`)).not.toBe(named(`${long}b`))
    expect(named(`${long}a`)).toHaveLength(400)
    expect(named('a\u001b[31m\u0000b\u202Ec')).toBe('a [31m bc')
  })

  it('more results than are kept never hide one that fails', () => {
    const many = Array.from({ length: 60_000 }, (_, at) => ({ id: `t${at}`, outcome: 'passed' }) as const)
    const kept = uniqueTests([...many, { id: 'bad', outcome: 'failed' }])
    expect(kept).toHaveLength(50_000)
    expect(kept.slice(0, 2)).toMatchObject([
      { id: '(target)', outcome: 'error' },
      { id: 'bad', outcome: 'failed' },
    ])
  })
})
