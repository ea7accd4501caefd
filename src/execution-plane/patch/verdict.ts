import type { Finding, GateName, Verdict } from '#domain/gate'

const MOST_FINDINGS = 100

/** The verdict of a deterministic gate: it fails when a finding is an error. */
export function verdictOf(gate: GateName, findings: readonly Finding[], clean: string): Verdict {
  const errors = findings.filter((finding) => finding.severity === 'error')
  const warnings = findings.length - errors.length
  const rules = [...new Set(errors.map((finding) => finding.rule))].join(', ')
  const kept = [...errors, ...findings.filter((finding) => finding.severity === 'warning')].slice(0, MOST_FINDINGS)
  return {
    gate,
    answer: errors.length > 0 ? 'fail' : 'pass',
    decided_by: 'deterministic',
    reason:
      errors.length > 0
        ? `${errors.length} ${errors.length === 1 ? 'violation' : 'violations'}: ${rules}`
        : warnings > 0
          ? `${clean}; ${warnings} to look at`
          : clean,
    findings: kept,
    evidence: [],
  }
}
