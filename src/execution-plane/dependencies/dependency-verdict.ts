import type { Finding, Verdict } from '#domain/gate'
import type { DependencyReading } from './read-dependencies.ts'

/** A person's yes to what was asked. */
interface Agreement {
  readonly approval: string
}

/**
 * The gate's verdict over a reading. What is refused fails whatever anybody says; what a person must agree to is
 * `unavailable` or fails until they did, and is their answer from then on.
 */
export function dependencyVerdict(reading: DependencyReading | undefined, agreed?: Agreement): Verdict {
  if (reading === undefined) return verdict('pass', 'no manifest and no lockfile is changed', [])
  const { findings, asked, asked_by, is_unavailable } = reading
  const told = findings.map(
    ({ rule, path, line, message, severity }): Finding => ({
      rule,
      message,
      severity,
      ...(path !== undefined && { path }),
      ...(line !== undefined && { line }),
    }),
  )
  const denied = findings.filter(({ leads_to }) => leads_to === 'deny')
  if (denied.length > 0) return verdict('fail', `${denied.length} refused: ${rulesOf(denied)}`, told)
  if (asked.length === 0) return verdict('pass', sentence(reading), told)
  const open = findings.filter(({ rule }) => asked_by.includes(rule))
  if (agreed !== undefined)
    return {
      ...verdict('pass', `a person agreed in ${agreed.approval} to ${asked.slice(0, 5).join('; ')}`, told),
      decided_by: 'person',
    }
  return is_unavailable
    ? verdict('unavailable', `not everything could be looked up: ${rulesOf(open)}`, told)
    : verdict('fail', `a person must agree first: ${rulesOf(open)}`, asErrors(told, asked_by))
}

const rulesOf = (findings: readonly Finding[]): string => [...new Set(findings.map(({ rule }) => rule))].join(', ')

const sentence = ({ changes, findings }: DependencyReading): string => {
  const count = `${changes.length} ${changes.length === 1 ? 'package is' : 'packages are'} changed`
  return findings.length === 0 ? `${count} as the rules allow` : `${count}; ${findings.length} to look at`
}

/** Nobody agreed: then what would have been asked is what stops the change. */
const asErrors = (findings: readonly Finding[], rules: readonly string[]): readonly Finding[] =>
  findings.map((finding) => (rules.includes(finding.rule) ? { ...finding, severity: 'error' } : finding))

const verdict = (answer: Verdict['answer'], reason: string, findings: readonly Finding[]): Verdict => ({
  gate: 'dependencies',
  answer,
  decided_by: 'deterministic',
  reason,
  findings,
  evidence: [],
})
