import { describe, expect, it } from 'vitest'
import { failsMoreOften, flakeScore, isExplainedByChance, isKnownFlaky } from './flake-score.ts'
import { missingNames } from './absence.ts'
import { proveTests, withoutReach } from './prove-tests.ts'
import { redGreenRule, type RedGreenFacts } from './red-green.ts'
import { disagreeing } from './repeated-outcomes.ts'
import type { Diagnosis, PhaseReport, TestOutcome, TestResult, VerificationReport } from './report.ts'
import { sortFailures } from './sort-failures.ts'

type Kind = Diagnosis['classification']

const diagnosis = (classification: Kind, excerpt = ''): Diagnosis => ({
  classification,
  root_causes: [],
  likely_direction: '',
  excerpt,
  truncated: false,
  redactions: 0,
})

const results = (tests: Readonly<Record<string, TestOutcome>>): readonly TestResult[] =>
  Object.entries(tests).map(([id, outcome]) => ({ id, outcome, message: `${id} says` }))

function phase(tests: Readonly<Record<string, TestOutcome>>, more: Partial<PhaseReport> = {}): PhaseReport {
  const failing = Object.values(tests).some((outcome) => outcome === 'failed' || outcome === 'error')
  return {
    id: 'test',
    argv: ['test'],
    required: true,
    outcome: failing ? 'failed' : 'passed',
    exit_code: failing ? 1 : 0,
    duration_ms: 1,
    tests: results(tests),
    log_sha256: null,
    ...(failing && { diagnosis: diagnosis('test_failure') }),
    ...more,
  }
}

const broken = (kind: Kind, excerpt = '', more: Partial<PhaseReport> = {}): PhaseReport =>
  phase({}, { outcome: 'failed', exit_code: 1, diagnosis: diagnosis(kind, excerpt), ...more })

const report = (...phases: readonly PhaseReport[]): VerificationReport => ({
  profile: 'p',
  profile_version: 'v',
  tree: 't',
  sandbox_fingerprint: 'f',
  outcome: 'passed',
  reason: '',
  phases,
  started_at: '2026-01-02T03:04:05.000Z',
  duration_ms: 1,
})

const tests = (outcomes: Readonly<Record<string, TestOutcome>>) => report(phase(outcomes))

describe('a failure is sorted into one class', () => {
  const sorted = (
    baseline: VerificationReport,
    head: VerificationReport,
    more: {
      repeats?: readonly VerificationReport[]
      base_repeats?: readonly VerificationReport[]
      flaky?: readonly string[]
    } = {},
  ) =>
    sortFailures({
      baseline,
      head,
      repeats: more.repeats ?? [],
      base_repeats: more.base_repeats,
      known_flaky: new Map((more.flaky ?? []).map((id) => [id, 'seen before'])),
    }).map(({ kind, id, origin }) => `${kind} ${id} ${origin}`)

  it('what failed before is not this change’s, what passed before is', () => {
    expect(sorted(tests({ a: 'failed', b: 'passed' }), tests({ a: 'error', b: 'failed', c: 'failed' }))).toEqual([
      'test a pre_existing',
      'test b mine',
      'test c mine',
      'phase test mine',
    ])
    expect(sorted(tests({ a: 'failed' }), tests({ a: 'failed' }))).toEqual([
      'test a pre_existing',
      'phase test pre_existing',
    ])
  })

  it('what passes when it is run again is flaky; a known flake that fails each time is not', () => {
    const before = tests({ a: 'passed', b: 'passed' })
    const head = tests({ a: 'failed', b: 'failed' })
    const repeats = [tests({ a: 'failed', b: 'passed' }), tests({ a: 'failed', b: 'failed' })]
    expect(sorted(before, head, { repeats, flaky: ['a'] })).toEqual(['test a mine', 'test b flaky', 'phase test mine'])
  })

  it('what fails every time is the change’s where the base commit fails now and then', () => {
    const [red, green] = [tests({ a: 'failed' }), tests({ a: 'passed' })]
    const often = (times: number) => Array.from({ length: times }, () => red)
    const base = { flaky: ['a'], base_repeats: [green, green, green, green] }
    expect(sorted(red, red, { ...base, repeats: often(4) })[0]).toBe('test a mine')
    expect(sorted(green, red, { ...base, base_repeats: [red], repeats: often(2) })[0]).toBe('test a mine')
    expect(sorted(red, red, { flaky: ['a'], base_repeats: often(2), repeats: often(2) })[0]).toBe('test a pre_existing')
  })

  it('what the base commit fails mostly is chance only where enough was seen of it', () => {
    const [red, green] = [tests({ a: 'failed' }), tests({ a: 'passed' })]
    const repeats = [red, red, red, red]
    expect(sorted(red, red, { base_repeats: [red, red, red, green], repeats })[0]).toBe('test a flaky')
    expect(sorted(red, red, { base_repeats: [red, green], repeats })[0]).toBe('test a mine')
  })

  it('what passes once and fails far more often than before is the change’s', () => {
    const [red, green] = [tests({ a: 'failed' }), tests({ a: 'passed' })]
    const base_repeats = Array.from({ length: 4 }, () => green)
    expect(sorted(green, red, { base_repeats, repeats: [red, green, red, red] })[0]).toBe('test a mine')
    expect(sorted(green, red, { base_repeats, repeats: [green, green] })[0]).toBe('test a flaky')
  })

  it.each(['write: No space left on device', 'fork: Resource temporarily unavailable', 'ENOMEM: not enough memory'])(
    'what the machine did is infrastructure: %s',
    (words) => {
      const before = tests({ a: 'passed' })
      expect(sorted(before, report(broken('crash', words)))).toEqual(['phase test infrastructure'])
      const failing = phase({ a: 'failed' }, { diagnosis: diagnosis('test_failure', words) })
      expect(sorted(before, report(failing))).toEqual(['test a infrastructure', 'phase test infrastructure'])
    },
  )

  it('a sandbox that was killed is infrastructure, and a crash, a timeout and a compiler’s no are the change’s', () => {
    const before = tests({ a: 'passed' })
    expect(sorted(before, report(broken('crash', '', { exit_code: null })))).toEqual(['phase test infrastructure'])
    const crashed = broken('crash', '', { exit_code: null, signal: 'SIGSEGV' })
    expect(sorted(before, report(crashed))).toEqual(['phase test mine'])
    for (const kind of ['crash', 'compile_error', 'timeout', 'out_of_memory', 'no_tests'] as const)
      expect(sorted(before, report(broken(kind)))).toEqual(['phase test mine'])
  })

  it('a phase that ends as on the base commit is not this change’s, one that ends otherwise is', () => {
    expect(sorted(report(broken('crash')), report(broken('crash')))).toEqual(['phase test pre_existing'])
    expect(sorted(report(broken('crash')), report(broken('timeout')))).toEqual(['phase test mine'])
  })
})

describe('red and green', () => {
  const proved = (
    base: VerificationReport,
    without: VerificationReport,
    head: VerificationReport,
    flaky: readonly string[] = [],
  ) =>
    Object.fromEntries(proveTests({ base, without, head, flaky: new Set(flaky) }).map(({ id, proof }) => [id, proof]))

  it('a new test that fails without the change and passes with it proves it; one that passes both times does not', () => {
    const base = tests({ a: 'passed' })
    const without = tests({ a: 'passed', b: 'failed', c: 'passed', d: 'failed' })
    const head = tests({ a: 'passed', b: 'passed', c: 'passed', d: 'failed' })
    expect(proved(base, without, head)).toEqual({ b: 'red_green', c: 'green_green', d: 'red_red' })
  })

  it('a changed test counts, one that failed on the base commit counts, and an untouched one is left out', () => {
    const base = tests({ a: 'passed', b: 'failed', c: 'passed' })
    const without = tests({ a: 'failed', b: 'failed', c: 'passed' })
    const head = tests({ a: 'passed', b: 'passed', c: 'passed' })
    expect(proved(base, without, head)).toEqual({ a: 'red_green', b: 'red_green' })
    expect(proved(base, tests({ a: 'failed' }), head)).toEqual({ a: 'red_green', b: 'red_green' })
  })

  it('what fails before and after is left out', () => {
    const both = tests({ a: 'failed' })
    expect(proved(both, both, both)).toEqual({})
  })

  it('a failing test that was bent until it passes without the change proves nothing', () => {
    const head = tests({ b: 'passed' })
    expect(proved(tests({ b: 'failed' }), tests({ b: 'passed' }), head)).toEqual({ b: 'green_green' })
  })

  it('what cannot be compiled or loaded without the change is red, with the reason', () => {
    const base = tests({ a: 'passed' })
    const head = tests({ a: 'passed', b: 'passed' })
    expect(proved(base, report(broken('compile_error')), head)).toEqual({ b: 'red_by_absence' })
    const one = tests({ a: 'passed', 'x::(build)': 'error' })
    expect(proved(base, one, head)).toEqual({ b: 'red_by_absence' })
  })

  it('a test that merely is not there without the change shows nothing', () => {
    const base = tests({ a: 'passed' })
    const head = tests({ a: 'passed', b: 'passed' })
    expect(proved(base, tests({ a: 'passed' }), head)).toEqual({ b: 'not_run' })
    expect(proved(base, tests({ a: 'failed' }), head)).toEqual({ a: 'red_green', b: 'not_run' })
    expect(proved(base, tests({ a: 'passed', b: 'skipped' }), head)).toEqual({ b: 'not_run' })
    expect(proved(base, report(broken('out_of_memory')), head)).toEqual({ b: 'not_run' })
  })

  it('a test that ends only with the change is red without it', () => {
    const base = tests({ a: 'passed' })
    const endless = report(broken('timeout', '', { outcome: 'timed_out' }))
    expect(proved(base, endless, tests({ a: 'passed', b: 'passed' }))).toEqual({ b: 'red_green' })
    expect(proved(endless, endless, tests({ a: 'passed', b: 'passed' }))).toMatchObject({ b: 'not_run' })
  })

  it('a flake of the base commit proves nothing', () => {
    expect(proved(tests({ a: 'failed' }), tests({ a: 'failed' }), tests({ a: 'passed' }), ['a'])).toEqual({})
  })

  it('what the change brings is absent without it, and everything else is wrong', () => {
    const base = tests({ a: 'passed' })
    const said = (message: string) => report(phase({}, { tests: [{ id: 'b', outcome: 'failed', message }] }))
    const head = tests({ a: 'passed', b: 'passed' })
    const proof = (message: string) =>
      proveTests({ base, without: said(message), head, flaky: new Set(), brings: (name) => name === 'fresh' })[0]
    expect(proof("AttributeError: module 'x' has no attribute 'fresh'")).toMatchObject({
      proof: 'red_by_absence',
      missing: ['fresh'],
    })
    expect(proof("AttributeError: 'NoneType' object has no attribute 'old'")?.proof).toBe('red_green')
    expect(proof('AssertionError: 5 != 17')?.proof).toBe('red_green')
    for (const words of ['OSError: [Errno 28] No space left on device', 'getaddrinfo EAI_AGAIN registry.example.org'])
      expect(proof(words)?.proof).toBe('not_run')
  })

  it('a failing test of the base commit that turns green counts only where it has to do with the change', () => {
    const [base, head] = [tests({ a: 'failed', b: 'failed' }), tests({ a: 'passed', b: 'passed' })]
    const relation = ({ id }: { readonly id: string }) => (id === 'a' ? 'the task names it' : undefined)
    const found = proveTests({ base, without: base, head, flaky: new Set(), relation })
    expect(found.map(({ proof, relation: why }) => [proof, why])).toEqual([
      ['red_green', 'the task names it'],
      ['unrelated', undefined],
    ])
  })

  it('a red test that runs no changed line proves nothing', () => {
    const found = proveTests({
      base: tests({}),
      without: tests({ b: 'failed' }),
      head: tests({ b: 'passed' }),
      flaky: new Set(),
    })
    expect(withoutReach(found, 'V8')).toMatchObject([{ proof: 'unrelated', reason: expect.stringContaining('V8') }])
  })

  it('a base commit that does not compile is shown by its phase', () => {
    const base = report(broken('compile_error'))
    expect(proved(base, base, tests({ a: 'passed' }))).toMatchObject({ 'phase test': 'red_by_absence' })
  })

  it.each([
    ["ImportError: cannot import name 'CountError' from 'stocktake'", 'CountError'],
    ["Error: Cannot find module '../src/split-words.ts'", 'split-words'],
    ['TypeError: pad.left is not a function', 'left'],
    ['./a_test.go:4:9: undefined: Total', 'Total'],
    ['  symbol:   method total(int)', 'total'],
    ['error[E0425]: cannot find function `total` in this scope', 'total'],
  ])('a missing name is read from %j', (said, name) => {
    expect(missingNames(said)).toEqual([name])
  })

  it('a phase without results by test is a test by itself', () => {
    const base = report(phase({}))
    expect(proved(base, report(broken('crash')), report(phase({})))).toEqual({ 'phase test': 'red_green' })
    expect(proved(base, report(broken('timeout')), report(phase({})))).toEqual({})
    expect(proved(base, base, report(phase({})))).toEqual({})
  })
})

describe('the rule of red and green', () => {
  const facts: RedGreenFacts = { capability: 'x', agent: 'native', is_fix: true, code_files: 1, test_files: 1 }

  it.each<[Partial<RedGreenFacts>, string]>([
    [{}, 'fix_needs_a_red_test'],
    [{ test_files: 0 }, 'fix_needs_a_red_test'],
    [{ is_fix: false }, 'new_tests_are_red'],
    [{ is_fix: false, test_files: 0 }, 'no_new_test'],
    [{ code_files: 0 }, 'tests_only'],
    [{ code_files: 0, test_files: 0 }, 'docs_need_no_test'],
    [{ agent: 'transform' }, 'transform_has_no_tests'],
    [{ capability: 'maintenance.refactoring' }, 'refactoring_keeps_tests_green'],
    [{ capability: 'maintenance.dependency_update' }, 'dependencies_need_no_test'],
  ])('%o is held to %s', (wish, rule) => {
    expect(redGreenRule({ ...facts, ...wish })).toBe(rule)
  })
})

describe('flakes', () => {
  it('are tests that do not do the same on one tree; a skipped one says nothing', () => {
    const reports = [
      tests({ a: 'passed', b: 'passed', c: 'failed', d: 'passed' }),
      tests({ a: 'passed', b: 'failed', c: 'error', d: 'skipped' }),
      tests({ a: 'passed', b: 'passed', c: 'failed' }),
    ]
    expect(disagreeing(reports)).toEqual([{ id: 'b', passed: 2, failed: 1, outcomes: 3, disagreeing: 1 }])
  })

  it('have a score whose bounds are wide where little was seen', () => {
    const few = flakeScore({ outcomes: 3, disagreeing: 1 })
    const many = flakeScore({ outcomes: 300, disagreeing: 100 })
    expect(few.share).toBeCloseTo(many.share)
    expect(many.upper - many.lower).toBeLessThan((few.upper - few.lower) / 4)
    expect(flakeScore({ outcomes: 0, disagreeing: 0 })).toMatchObject({ lower: 0, upper: 1 })
    for (const { share, lower, upper } of [few, many]) expect(lower < share && share < upper).toBe(true)
  })

  it('that fail every time are excused by a base commit that fails mostly, not by one that seldom does', () => {
    const of = (failed: number, outcomes: number) => ({ failed, outcomes })
    expect(isExplainedByChance(of(4, 5), of(5, 5))).toBe(true)
    expect(isExplainedByChance(of(1, 5), of(5, 5))).toBe(false)
    expect(isExplainedByChance(of(2, 3), of(3, 3))).toBe(false)
    expect(isExplainedByChance(of(5, 5), of(5, 5))).toBe(false)
    expect(failsMoreOften(of(1, 5), of(5, 5))).toBe(true)
    expect(failsMoreOften(of(0, 5), of(4, 5))).toBe(true)
    expect(failsMoreOften(of(1, 3), of(3, 3))).toBe(false)
    expect(failsMoreOften(of(0, 1), of(1, 2))).toBe(false)
  })

  it('are known after one disagreement, until enough outcomes agreed', () => {
    expect(isKnownFlaky({ outcomes: 3, disagreeing: 1 })).toBe(true)
    expect(isKnownFlaky({ outcomes: 3, disagreeing: 0 })).toBe(false)
    expect(isKnownFlaky({ outcomes: 300, disagreeing: 1 })).toBe(false)
  })
})
