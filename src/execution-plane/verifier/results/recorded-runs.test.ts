import { readFileSync } from 'node:fs'
import { assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diagnose, type FailedPhase } from '../diagnosis/diagnose.ts'
import { logOfResults, parseResults } from './read-results.ts'
import { startWork } from '../../../../test/support/machine-time.ts'

/** What Go 1.26 and Cargo 1.95 printed for small packages made for it, in a folder called /workspace. */
const recorded = (name: string): string =>
  readFileSync(new URL(`../../../../test/support/recorded-runs/${name}`, import.meta.url), 'utf8')
const GO = recorded('go-test.jsonl')
const CARGO = recorded('cargo-test.txt')

const tests = (format: Parameters<typeof parseResults>[0], text: string) => parseResults(format, text) ?? []
const outcomes = (format: Parameters<typeof parseResults>[0], text: string) =>
  Object.fromEntries(tests(format, text).map((test) => [test.id, test.outcome]))
const failed = (log: string, of: FailedPhase['tests'], more: Partial<FailedPhase> = {}) =>
  diagnose({
    ecosystem: 'go',
    ended_by: 'exit',
    exit_code: 1,
    signal: null,
    setup: false,
    without_results: of.length === 0,
    tests: of,
    log,
    log_truncated: false,
    redactions: 0,
    timeout_seconds: 60,
    ...more,
  })

describe('go test -json', () => {
  it('names are exact, and what could not be built, left early or hung is an error', () => {
    expect(outcomes('go_json', GO)).toEqual({
      'example.org/shop/boom::TestFine': 'passed',
      'example.org/shop/boom::TestPanics': 'failed',
      'example.org/shop/cart::TestTotal': 'failed',
      'example.org/shop/cart::TestTotal/none': 'passed',
      'example.org/shop/cart::TestTotal/two_items': 'failed',
      'example.org/shop/cart::TestLater': 'skipped',
      'example.org/shop/cart::FuzzTotal': 'passed',
      'example.org/shop/cart::FuzzTotal/seed#0': 'passed',
      'example.org/shop/cart::ExampleTotal': 'passed',
      'example.org/shop/gone::(package)': 'error',
      'example.org/shop/hang::TestEnds': 'passed',
      'example.org/shop/hang::TestHangs': 'error',
      'example.org/shop/price::(build)': 'error',
    })
  })

  it('a failure has its place below the root and what was said', () => {
    const found = tests('go_json', GO)
    expect(found.find(({ id }) => id.endsWith('TestTotal/two_items'))).toMatchObject({
      file: 'cart/cart_test.go',
      line: 13,
      message: expect.stringContaining('got 3, want 4'),
    })
    expect(found.find(({ id }) => id.endsWith('(build)'))?.message).toContain('price/price.go:3:24: cannot use "x"')
    const { classification, root_causes } = failed(logOfResults('go_json', GO), found)
    expect(classification).toBe('timeout')
    const places = root_causes.map(({ file, line }) => `${file ?? ''}:${line ?? ''}`)
    expect(places).toEqual(expect.arrayContaining(['cart/cart_test.go:13', 'price/price.go:3', 'boom/boom_test.go:6']))
  })

  it('one kind of failure alone is called by its name', () => {
    const only = (name: string) => {
      const text = GO.split('\n')
        .filter((line) => line.includes(`example.org/shop/${name}`))
        .join('\n')
      return failed(logOfResults('go_json', text), tests('go_json', text)).classification
    }
    expect([only('price'), only('gone'), only('hang'), only('cart')]).toEqual([
      'compile_error',
      'crash',
      'timeout',
      'test_failure',
    ])
  })

  it('the log is what go test would have printed of failures', () => {
    const log = logOfResults('go_json', GO)
    expect(log).toContain('--- FAIL: TestTotal/two_items (0.00s)\n')
    expect(log).toContain('panic: boom')
    expect(log).not.toMatch(/=== RUN|TestTotal\/none|\{"Time"/)
  })

  it('a run that was cut off at any byte is read without passing what did not pass', () => {
    const whole = outcomes('go_json', GO)
    assert(
      property(integer({ min: 0, max: GO.length }), (end) => {
        for (const { id, outcome } of tests('go_json', GO.slice(0, end)))
          if (outcome === 'passed') expect(whole[id]).toBe('passed')
      }),
      { numRuns: 200 },
    )
  })

  it('text without an event is no report, and a module without tests has none', () => {
    expect(parseResults('go_json', 'go: no such tool\n')).toBeUndefined()
    expect(parseResults('go_json', '{"Action":"skip","Package":"a"}\n')).toEqual([])
  })

  it('vet names what it found, and what does not compile is told apart', () => {
    const finding = '# example.org/shop/price\n# [example.org/shop/price]\nprice/price.go:5:29: Printf has wrong type'
    expect(failed(finding, [], { without_results: false })).toMatchObject({
      classification: 'test_failure',
      root_causes: [{ file: 'price/price.go', line: 5 }],
    })
    const broken = '# example.org/shop/price\nvet: price/price.go:3:24: undefined: x'
    expect(failed(broken, [], { without_results: false })).toMatchObject({
      classification: 'compile_error',
      root_causes: [{ file: 'price/price.go', line: 3, message: 'undefined: x' }],
    })
  })
})

describe('cargo test', () => {
  it('names are exact, and a binary that ends without its summary has an error', () => {
    expect(outcomes('cargo_text', CARGO)).toEqual({
      'shop::src/lib.rs::tests::adds': 'passed',
      'shop::src/lib.rs::tests::adds_wrongly': 'failed',
      'shop::src/lib.rs::tests::does_not_panic': 'failed',
      'shop::src/lib.rs::tests::later': 'skipped',
      'shop::src/lib.rs::tests::panics': 'passed',
      'tool::src/bin/tool.rs::in_program': 'passed',
      'shop::tests/crash.rs::(target)': 'error',
      'shop::tests/leaves.rs::(target)': 'error',
      'shop::tests/whole.rs::whole': 'passed',
      'shop::doc::src/lib.rs - total': 'passed',
    })
  })

  it('what a failing test printed is its message and never a result', () => {
    const found = tests('cargo_text', CARGO).find(({ id }) => id.endsWith('adds_wrongly'))
    expect(found).toMatchObject({ file: 'src/lib.rs', line: 24, message: expect.stringContaining('not four') })
    expect(JSON.stringify(Object.keys(outcomes('cargo_text', CARGO)))).not.toContain('fake')
    const early = CARGO.replace('test fake::one ... ok', 'test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured')
    expect(outcomes('cargo_text', early)).toEqual(outcomes('cargo_text', CARGO))
  })

  it('tests of one name in two packages of a workspace are told apart, and failures have their place', () => {
    const found = tests('cargo_text', recorded('cargo-workspace.txt'))
    expect(found.map(({ id, outcome, file }) => [id, outcome, file])).toEqual([
      ['a_crate::src/lib.rs::t', 'passed', undefined],
      ['a_crate::tests/whole.rs::whole', 'failed', 'a/tests/whole.rs'],
      ['b_crate::src/lib.rs::t', 'passed', undefined],
      ['b_crate::tests/whole.rs::whole', 'failed', 'b/tests/whole.rs'],
    ])
  })

  it('code that does not compile is no report but a compile error with its place', () => {
    const text = recorded('cargo-build-failure.txt')
    expect(parseResults('cargo_text', text)).toBeUndefined()
    expect(failed(text, [], { ecosystem: 'rust', exit_code: 101 })).toMatchObject({
      classification: 'compile_error',
      root_causes: [{ file: 'src/bad.rs', line: 1, message: 'error[E0308]: mismatched types' }],
    })
  })

  it('a binary that crashes is a crash', () => {
    const text = CARGO.slice(
      CARGO.indexOf('     Running tests/crash.rs'),
      CARGO.indexOf('     Running tests/leaves.rs'),
    )
    const found = tests('cargo_text', text)
    expect(found[0]?.message).toMatch(/^ended after \d of its 2 tests[\s\S]*SIGABRT/)
    expect(failed(text, found, { ecosystem: 'rust' }).classification).toBe('crash')
  })

  it('a run that was cut off at any byte is read without passing what did not pass', () => {
    const whole = outcomes('cargo_text', CARGO)
    assert(
      property(integer({ min: 0, max: CARGO.length }), (end) => {
        for (const { id, outcome } of tests('cargo_text', CARGO.slice(0, end)))
          if (outcome === 'passed') expect(whole[id]).toBe('passed')
      }),
      { numRuns: 200 },
    )
  })
})

it('hostile output is read in linear time and ends quietly', () => {
  const worked = startWork()
  const announced = 'running 2 tests\n'
  for (const text of [
    `Running ${'deps/'.repeat(200_000)}`,
    `${'deps/a-'.repeat(200_000)}\n`.repeat(2),
    `${announced}test ${' - should panic'.repeat(100_000)}`,
    announced.repeat(100_000),
    `${announced}failures:\n${'---- a stdout ----\n'.repeat(100_000)}`,
  ])
    parseResults('cargo_text', text)
  for (const text of [
    '{"'.repeat(500_000),
    '{"Action":"run","Package":"a","Test":"b"}\n'.repeat(50_000),
    '{"Action":3}\n',
  ])
    parseResults('go_json', text)
  expect(worked()).toBeLessThan(5_000)
})
