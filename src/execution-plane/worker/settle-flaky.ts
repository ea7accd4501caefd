import type { Finding, Verdict } from '#domain/gate'
import type { VerificationReport } from '#domain/verification'

/** More tests than this fail together for a reason. */
const MOST_FLAKY = 5

interface Repeated {
  readonly report: VerificationReport
  readonly verdict: Verdict
}

/**
 * A verdict that only a few tests speak against is asked for once more on the same tree. Where the repetition passes,
 * those tests are flaky: the verdict is the repetition's, and says which they are. A test that fails twice has failed.
 */
export async function settleFlaky(
  first: Verdict,
  repeat: () => Promise<Repeated>,
): Promise<{ readonly verdict: Verdict; readonly report?: VerificationReport }> {
  const errors = first.findings.filter(({ severity }) => severity === 'error')
  const mayBeFlaky = errors.length > 0 && errors.every(({ rule }) => rule === 'test.broken')
  if (first.answer !== 'fail' || !mayBeFlaky || errors.length > MOST_FLAKY) return { verdict: first }
  const { report, verdict } = await repeat()
  if (verdict.answer !== 'pass') return { verdict: first }
  const flaky = errors.map((error): Finding => {
    const message = error.message.replace('passed before and fails now', 'failed, and passed when it was run again')
    return { ...error, rule: 'test.flaky', severity: 'warning', message }
  })
  const reason = `${verdict.reason}; flaky: ${flaky.length} of them passed only when run again`
  return { verdict: { ...verdict, reason, findings: [...flaky, ...verdict.findings] }, report }
}
