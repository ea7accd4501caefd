import { describe, expect, it } from 'vitest'
import type { RunEvidence } from '#domain/packet'
import type { TestOutcome, VerificationProfile, VerificationReport } from '#domain/verification'
import { compareResults, knownFlaky, sameCommands } from './compare-results.ts'

const report = (tests: Readonly<Record<string, TestOutcome>>, lint: 'passed' | 'failed' = 'passed') =>
  ({
    phases: [
      { id: 'lint', outcome: lint, tests: [] },
      { id: 'tests', outcome: 'passed', tests: Object.entries(tests).map(([id, outcome]) => ({ id, outcome })) },
    ],
  }) as unknown as VerificationReport

const NONE: ReadonlySet<string> = new Set()

describe('a repeated verification', () => {
  it('is the same where every test has the outcome on record, whatever order and time it took', () => {
    const again = compareResults(report({ a: 'passed', b: 'skipped' }), report({ b: 'skipped', a: 'passed' }), NONE)
    expect(again).toEqual({ compared: 3, departed: [], excused: [] })
  })

  it('departs by a test that fails, is gone, or is new, and by a phase without tests', () => {
    const was = report({ a: 'passed', b: 'passed' })
    const { departed } = compareResults(was, report({ a: 'failed', c: 'passed' }, 'failed'), NONE)
    expect(departed).toEqual([
      'a was passed, is failed',
      'b was passed, is not there',
      'c was not there, is passed',
      'phase lint was passed, is failed',
    ])
  })

  it('takes a crash and a failed assertion for the same failure', () => {
    expect(compareResults(report({ a: 'failed' }), report({ a: 'error' }), NONE).departed).toEqual([])
  })

  it('lets off a test that the record calls flaky, and names it', () => {
    const flaky = knownFlaky({
      failures: [
        { id: 'a', origin: 'flaky' },
        { id: 'b', origin: 'mine' },
      ],
      red_green: { unsteady: [{ id: 'c' }] },
    } as unknown as RunEvidence)
    expect([...flaky].sort()).toEqual(['a', 'c'])
    const again = compareResults(report({ a: 'passed', b: 'passed' }), report({ a: 'failed', b: 'failed' }), flaky)
    expect(again).toMatchObject({ departed: ['b was passed, is failed'], excused: ['a'] })
  })
})

describe('a profile that is found again', () => {
  const profile = (more: object) =>
    ({
      id: 'p',
      version: '1',
      ecosystem: 'node',
      registry_hosts: ['a.example.org'],
      phases: [],
      found_by: 'x',
      ...more,
    }) as VerificationProfile

  it('is the same where the machine fetches from elsewhere or policy requires more', () => {
    const phase = { id: 'lint', argv: ['lint'], timeout_seconds: 1 }
    const was = profile({ phases: [{ ...phase, required: true }] })
    const is = profile({ version: '2', registry_hosts: [], phases: [{ ...phase, required: false }] })
    expect(sameCommands(was, is)).toBe(true)
  })

  it('is another where a command is', () => {
    const phase = { id: 'tests', argv: ['test'], required: true, timeout_seconds: 1 }
    const other = profile({ version: '2', phases: [{ ...phase, argv: ['true'] }] })
    expect(sameCommands(profile({ phases: [phase] }), other)).toBe(false)
  })
})
