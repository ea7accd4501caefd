import { describe, expect, it } from 'vitest'
import type { Diagnosis, TestOutcome, VerificationReport } from '#domain/verification'
import { settleFlaky } from './settle-flaky.ts'

type Outcomes = Readonly<Record<string, TestOutcome>>

function report(tests: Outcomes, kind?: Diagnosis['classification'], excerpt = ''): VerificationReport {
  const failing = Object.values(tests).includes('failed')
  const classification = kind ?? (failing ? 'test_failure' : undefined)
  const diagnosis = classification && {
    classification,
    root_causes: [],
    likely_direction: '',
    excerpt,
    truncated: false,
    redactions: 0,
  }
  return {
    profile: 'p',
    profile_version: 'v',
    tree: 't',
    sandbox_fingerprint: 'f',
    outcome: classification === undefined ? 'passed' : 'failed',
    reason: '',
    started_at: '2026-01-02T03:04:05.000Z',
    duration_ms: 1,
    phases: [
      {
        id: 'test',
        argv: ['test'],
        required: true,
        outcome: classification === undefined ? 'passed' : 'failed',
        exit_code: 1,
        duration_ms: 1,
        tests: Object.entries(tests).map(([id, outcome]) => ({ id, outcome })),
        log_sha256: null,
        ...(diagnosis && { diagnosis }),
      },
    ],
  }
}

const BEFORE = report({ a: 'passed', b: 'passed' })

interface Told {
  readonly baseline?: VerificationReport
  readonly base_repeats?: readonly VerificationReport[]
  readonly times?: number
}

async function settled(first: VerificationReport, later: readonly VerificationReport[] = [], told: Told = {}) {
  let repeated = 0
  const ground = { baseline: BEFORE, known_flaky: new Map<string, string>(), ...told }
  const { head, failures } = await settleFlaky(ground, first, async (time) => {
    repeated += 1
    return later[time - 1] ?? first
  })
  const origins = failures.filter(({ kind }) => kind === 'test').map(({ id, origin }) => `${id} ${origin}`)
  return { repeated, origins, head, failures }
}

describe('a tree is verified again', () => {
  it('as often as its profile says', async () => {
    const first = report({ a: 'failed', b: 'passed' })
    const { repeated, origins } = await settled(first, [], { times: 7 })
    expect([repeated, origins]).toEqual([6, ['a mine']])
  })

  it('until there is evidence enough against a test that fails now and then on the base commit', async () => {
    const red = report({ a: 'failed', b: 'passed' })
    const base_repeats = [BEFORE, BEFORE, BEFORE, BEFORE]
    const broken = await settled(red, [], { baseline: red, base_repeats })
    expect([broken.repeated, broken.origins]).toEqual([4, ['a mine']])
    const chance = await settled(red, [BEFORE], { baseline: red, base_repeats })
    expect([chance.repeated, chance.origins]).toEqual([1, ['a flaky']])
  })

  it('once where a limit ended it, and what a limit ends twice is the change’s', async () => {
    const slow = report({}, 'timeout')
    const passed = await settled(slow, [BEFORE])
    expect([passed.repeated, passed.head, passed.failures]).toEqual([1, BEFORE, []])
    const lasting = await settled(slow)
    expect([lasting.repeated, lasting.failures.map(({ origin }) => origin)]).toEqual([1, ['mine']])
  })

  it('until what failed passed once, which makes it flaky', async () => {
    const { repeated, origins } = await settled(report({ a: 'failed', b: 'passed' }), [BEFORE])
    expect([repeated, origins]).toEqual([1, ['a flaky']])
  })

  it('twice where a test goes on failing, and then it has failed', async () => {
    const first = report({ a: 'failed', b: 'failed' })
    const { repeated, origins } = await settled(first, [report({ a: 'passed', b: 'failed' }), first])
    expect([repeated, origins]).toEqual([2, ['a flaky', 'b mine']])
  })

  it('where a machine spoilt it, and what is judged is the repetition', async () => {
    const full = report({ a: 'passed', b: 'failed' }, 'test_failure', 'No space left on device')
    const { repeated, origins, head } = await settled(full, [BEFORE])
    expect([repeated, origins, head]).toEqual([1, [], BEFORE])
  })

  it('no more than twice on a machine that goes on failing', async () => {
    const full = report({}, 'crash', 'No space left on device')
    const { repeated, failures } = await settled(full)
    expect([repeated, failures.map(({ origin }) => origin)]).toEqual([2, ['infrastructure']])
  })
})

describe('a tree is not verified again', () => {
  it.each([
    ['where nothing fails', BEFORE],
    ['where a build fails', report({}, 'compile_error')],
    [
      'where many tests fail at once',
      report(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, 'failed' as const]))),
    ],
  ])('%s', async (_, first) => {
    expect((await settled(first)).repeated).toBe(0)
  })
})
