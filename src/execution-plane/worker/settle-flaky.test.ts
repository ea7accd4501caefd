import { expect, it } from 'vitest'
import type { Finding, Verdict } from '#domain/gate'
import type { VerificationReport } from '#domain/verification'
import { settleFlaky } from './settle-flaky.ts'

const verdict = (answer: Verdict['answer'], ...findings: readonly Finding[]): Verdict => ({
  gate: 'verification',
  answer,
  decided_by: 'deterministic',
  reason: answer,
  findings,
  evidence: [],
})
const broken = (id: string): Finding => ({
  rule: 'test.broken',
  severity: 'error',
  message: `${id} passed before and fails now`,
})
const report = {} as VerificationReport
const settled = async (first: Verdict, second: Verdict) => {
  let repeated = 0
  const { verdict: last } = await settleFlaky(first, async () => {
    repeated += 1
    return { report, verdict: second }
  })
  return { repeated, last }
}

it('a test that passes when it is run again is flaky, which the verdict says', async () => {
  const { repeated, last } = await settled(verdict('fail', broken('a')), verdict('pass'))
  expect(repeated).toBe(1)
  expect(last.answer).toBe('pass')
  expect(last.findings).toEqual([
    { rule: 'test.flaky', severity: 'warning', message: 'a failed, and passed when it was run again' },
  ])
})

it('a test that fails twice has failed', async () => {
  expect((await settled(verdict('fail', broken('a')), verdict('fail', broken('a')))).last.answer).toBe('fail')
})

it.each([
  ['a pass', verdict('pass')],
  ['what could not be verified', verdict('unavailable')],
  ['a build that fails', verdict('fail', { rule: 'phase.failed', severity: 'error', message: 'x' })],
  ['many tests at once', verdict('fail', ...['a', 'b', 'c', 'd', 'e', 'f'].map(broken))],
])('%s is not run again', async (_, first) => {
  const { repeated, last } = await settled(first, verdict('pass'))
  expect(repeated).toBe(0)
  expect(last).toBe(first)
})
