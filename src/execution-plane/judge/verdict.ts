import type { Finding, Verdict } from '#domain/gate'
import type { JudgeReport } from './judgement.ts'

/** The gate's verdict for a report. */
export function verdictOf(
  report: JudgeReport,
  files: { readonly [id: string]: string },
  report_sha256: string,
): Verdict {
  const passed = report.verdict === 'pass'
  const reasons = report.reasons.map(({ text, evidence_refs }): Finding => {
    const path = evidence_refs.map((ref) => files[ref]).find((found) => found !== undefined)
    return { rule: 'judge.reason', message: text, severity: 'error', ...(path === undefined ? {} : { path }) }
  })
  const attention = report.required_human_attention.map(
    (message): Finding => ({ rule: 'judge.attention', message, severity: 'warning' }),
  )
  const failedChecks = Object.entries(report.checks).flatMap(([name, answer]) => (answer === 'fail' ? [name] : []))
  const stated = report.stated_verdict === report.verdict ? '' : ' although it said pass'
  return {
    gate: 'judge',
    answer: report.verdict,
    decided_by: 'model',
    reason: passed
      ? `${report.reasons[0]?.text ?? 'The change does what was asked.'} (confidence ${report.confidence}, risk ${report.checks.risk})`
      : `The judge fails the change${stated}${failedChecks.length > 0 ? ` on ${failedChecks.join(', ')}` : ''}: ${report.reasons[0]?.text ?? ''}`,
    findings: passed ? attention : [...reasons, ...attention],
    evidence: [report_sha256],
  }
}

/** The verdict where a deterministic gate failed, which no model is asked about; undefined where none did. */
export function failedBy(verdicts: readonly Verdict[]): Verdict | undefined {
  const failed = verdicts.find((verdict) => verdict.gate !== 'judge' && verdict.answer === 'fail')
  if (failed === undefined) return undefined
  const reason = `The ${failed.gate} gate failed (${failed.reason}); no judge can overrule it.`
  return { gate: 'judge', answer: 'fail', decided_by: 'deterministic', reason, findings: [], evidence: [] }
}

/** The verdict where nobody gave a judgement that counts: no pass, and a person takes it up. */
export const unavailable = (reason: string): Verdict => ({
  gate: 'judge',
  answer: 'unavailable',
  decided_by: 'model',
  reason,
  findings: [],
  evidence: [],
})
