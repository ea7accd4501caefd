import type { Finding } from '#domain/gate'
import type { Dependency } from './dependency.ts'
import { DEPENDENCY_RULES, LEFT_TO_TASK, type DependencyRuleName, type Disposition } from './dependency-rules.ts'

/** A finding of this gate with what it leads to. */
export interface DependencyFinding extends Finding {
  readonly rule: DependencyRuleName
  readonly leads_to: Disposition
  /** The package it speaks of, as people write it. */
  readonly subject: string
}

/** Ecosystem, name and version or range in one text. */
const subjectOf = ({ tool, name, wanted }: Pick<Dependency, 'tool' | 'name' | 'wanted'>): string =>
  `${tool} ${name}${wanted === '' ? '' : ` ${wanted}`}`

/** Makes a finding: what, why and what to do next; the rule says what it leads to. */
export function dependencyFinding(
  rule: DependencyRuleName,
  of: Pick<Dependency, 'tool' | 'name' | 'wanted' | 'path' | 'line'>,
  said: string,
): DependencyFinding {
  const { leads_to, next } = DEPENDENCY_RULES[rule]
  return {
    rule,
    path: of.path,
    line: of.line,
    message: `${subjectOf(of).slice(0, 200)} ${said}. ${next}`,
    severity: leads_to === 'deny' ? 'error' : 'warning',
    leads_to,
    subject: subjectOf(of),
  }
}

/** What a person must still agree to; a task about dependencies has its leave for the plain cases. */
export const stillAsked = (
  findings: readonly DependencyFinding[],
  is_dependency_task: boolean,
): readonly DependencyFinding[] =>
  findings.filter(({ leads_to, rule }) => leads_to === 'ask' && !(is_dependency_task && LEFT_TO_TASK.includes(rule)))
