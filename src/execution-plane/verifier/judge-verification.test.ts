import { describe, expect, it } from 'vitest'
import type { PhaseReport, TestOutcome, VerificationReport } from '#domain/verification'
import { judgeVerification } from './judge-verification.ts'

const phase = (tests: Readonly<Record<string, TestOutcome>>, more: Partial<PhaseReport> = {}): PhaseReport => {
  const failing = Object.values(tests).some((outcome) => outcome === 'failed' || outcome === 'error')
  const outcome = more.outcome ?? (failing ? 'failed' : 'passed')
  const diagnosis = {
    classification: 'test_failure',
    root_causes: [],
    likely_direction: '',
    excerpt: '',
    truncated: false,
    redactions: 0,
  } as const
  return {
    id: 'unit_tests',
    argv: [],
    required: true,
    outcome,
    exit_code: 0,
    duration_ms: 1,
    tests: Object.entries(tests).map(([id, result]) => ({ id, outcome: result })),
    log_sha256: null,
    ...(outcome === 'passed' ? {} : { diagnosis }),
    ...more,
  }
}
const report = (...phases: readonly PhaseReport[]): VerificationReport => ({
  profile: 'p',
  profile_version: 'v',
  tree: 't',
  sandbox_fingerprint: 'f',
  outcome: phases.every((entry) => !entry.required || entry.outcome === 'passed') ? 'passed' : 'failed',
  reason: 'r',
  phases,
  started_at: '',
  duration_ms: 1,
})
const tests = (results: Readonly<Record<string, TestOutcome>>) => report(phase(results))
const compile = (classification: 'compile_error' | 'timeout' | 'no_tests' | 'crash') =>
  phase(
    {},
    {
      outcome: 'failed',
      diagnosis: {
        classification,
        root_causes: [{ file: 'a.ts', line: 3, message: 'no', confidence: 1 }],
        likely_direction: '',
        excerpt: '',
        truncated: false,
        redactions: 0,
      },
    },
  )
const judged = (before: VerificationReport, after: VerificationReport) => {
  const { answer, findings } = judgeVerification(before, after)
  return [answer, findings.map(({ rule, severity }) => `${severity}:${rule}`)]
}

describe('the verification gate', () => {
  it('passes when what passed still passes and more is fixed', () => {
    expect(judged(tests({ a: 'passed', b: 'failed' }), tests({ a: 'passed', b: 'passed', c: 'passed' }))).toEqual([
      'pass',
      [],
    ])
  })

  it('fails on a broken, a newly skipped and a removed test', () => {
    const before = tests({ a: 'passed', b: 'passed' })
    expect(judged(before, tests({ a: 'failed', b: 'passed' }))).toEqual(['fail', ['error:test.broken']])
    expect(judged(before, tests({ a: 'skipped', b: 'passed' }))).toEqual(['fail', ['error:test.newly_skipped']])
    expect(judged(before, tests({ b: 'passed' }))).toEqual(['fail', ['error:test.removed']])
  })

  it('lets a test go where the criteria ask for it, and only there', () => {
    const criteria = (text: string) => ({ success_criteria: [{ text, origin: 'stated' as const }] })
    const [before, after] = [tests({ a: 'passed', b: 'passed' }), tests({ b: 'passed' })]
    expect(judgeVerification(before, after, criteria('The tests of the old parser are removed.')).answer).toBe('pass')
    expect(judgeVerification(before, after, criteria('No test is removed.')).answer).toBe('fail')
  })

  it('warns of a renamed test and of one that failed before', () => {
    expect(judged(tests({ a: 'passed' }), tests({ b: 'passed' }))).toEqual(['pass', ['warning:test.removed']])
    expect(judged(tests({ a: 'failed', b: 'passed' }), tests({ a: 'failed', b: 'passed' }))).toEqual([
      'pass',
      ['warning:test.pre_existing'],
    ])
  })

  it('a new failing test is broken, not pre-existing', () => {
    expect(judged(tests({ a: 'passed' }), tests({ a: 'passed', b: 'failed' }))).toEqual(['fail', ['error:test.broken']])
  })

  it('a phase that stops compiling fails; one that never did warns; one that now crashes instead fails', () => {
    const good = tests({ a: 'passed' })
    expect(judged(good, report(compile('compile_error')))[0]).toBe('fail')
    const broken = report({ ...compile('compile_error'), id: 'types' }, phase({ a: 'passed' }))
    expect(judged(broken, broken)).toEqual(['pass', ['warning:phase.pre_existing']])
    expect(
      judged(
        report({ ...compile('compile_error'), id: 'types' }, phase({ a: 'passed' })),
        report({ ...compile('timeout'), id: 'types' }, phase({ a: 'passed' })),
      )[0],
    ).toBe('fail')
  })

  it('an optional phase only warns', () => {
    expect(
      judged(
        report(phase({ a: 'passed' })),
        report(phase({ a: 'passed' }), { ...compile('crash'), id: 'lint', required: false }),
      ),
    ).toEqual(['pass', ['warning:phase.crash']])
  })

  it('a stand-in for what could not run is mended when it goes, and no test that is lost', () => {
    const broken = report(phase({ a: 'passed', 'x::(build)': 'error' }))
    const mended = report(phase({ a: 'passed' }))
    expect(judgeVerification(broken, mended)).toMatchObject({
      answer: 'pass',
      reason: expect.stringMatching(/1 fixed/),
    })
    expect(judgeVerification(report(phase({ a: 'passed', b: 'error' })), mended).answer).toBe('fail')
  })

  it('no tests at all prove nothing; tests that vanish fail', () => {
    expect(judged(report(compile('no_tests')), report(compile('no_tests')))[0]).toBe('unavailable')
    expect(judged(tests({ a: 'passed' }), report(compile('no_tests')))[0]).toBe('fail')
  })

  it('a runner that could not run before or after proves nothing, and neither do tests of which none passes', () => {
    expect(judged(report(compile('crash')), report(compile('crash')))).toEqual([
      'unavailable',
      ['warning:phase.pre_existing'],
    ])
    expect(judged(tests({ a: 'failed' }), tests({ a: 'failed' }))[0]).toBe('unavailable')
    expect(judged(report(compile('crash')), report(phase({})))[0]).toBe('pass')
    expect(judged(report(compile('crash')), tests({ a: 'passed' }))[0]).toBe('pass')
  })

  it('what could not be verified is unavailable on either side', () => {
    const none = { ...tests({}), outcome: 'unavailable' } as const
    expect(judged(none, tests({ a: 'passed' }))[0]).toBe('unavailable')
    expect(judged(tests({ a: 'passed' }), none)[0]).toBe('unavailable')
  })
})
