import type { Finding, GateName, Verdict } from '#domain/gate'
import type { ReviewConfidence, ReviewSeverity } from '#domain/review'
import type { Draft } from './changed-lines.ts'

/** What a gate stands for, in a reviewer's words. */
interface GateWords {
  readonly error: readonly [ReviewSeverity, ReviewConfidence]
  readonly warning: readonly [ReviewSeverity, ReviewConfidence]
  readonly invariant: string
  readonly consequence: string
  readonly suggestion: string
}

const WORDS: { readonly [gate in GateName]?: GateWords } = {
  secrets: {
    error: ['blocker', 'high'],
    warning: ['major', 'medium'],
    invariant: 'No credential is kept in the repository.',
    consequence: 'Whoever can read the repository can use it, also after it is deleted again.',
    suggestion: 'Take it out of the change, have its owner replace it, and read it from the environment.',
  },
  special_files: {
    error: ['blocker', 'high'],
    warning: ['minor', 'medium'],
    invariant: 'Every changed file is what it looks like.',
    consequence: 'A reviewer sees something else than what is run or checked out.',
    suggestion: 'Replace it by a plain file whose content can be read in the diff.',
  },
  test_integrity: {
    error: ['blocker', 'high'],
    warning: ['minor', 'medium'],
    invariant: 'The tests ask at least what they asked before.',
    consequence: 'What the tests no longer ask can break without anybody being told.',
    suggestion: 'Keep the test as strict as it was, or say in the pull request why it asks less.',
  },
  dependencies: {
    error: ['major', 'high'],
    warning: ['minor', 'medium'],
    invariant: 'What the program depends on is known, pinned and wanted.',
    consequence: 'Code that nobody here has looked at runs at build time and in production.',
    suggestion: 'Name the reason for the dependency, pin it, and let the owner of the manifest agree.',
  },
  protected_files: {
    error: ['major', 'high'],
    warning: ['minor', 'medium'],
    invariant: 'Protected files change only with the leave of their owners.',
    consequence: 'Rules of the repository, its builds or its ownership change unseen.',
    suggestion: 'Make this a change of its own that its owners approve.',
  },
  boundary: {
    error: ['major', 'high'],
    warning: ['minor', 'medium'],
    invariant: 'The change stays within its scope.',
    consequence: 'What is not needed for the purpose is harder to review and to take back.',
    suggestion: 'Split off what does not belong to it.',
  },
}

/** What deterministic checks found, as findings of a review. */
export const gateFindings = (verdicts: readonly Verdict[], fallback: string): readonly Draft[] =>
  verdicts.flatMap((verdict) => verdict.findings.map((finding) => draftOf(verdict.gate, finding, fallback)))

function draftOf(gate: GateName, finding: Finding, fallback: string): Draft {
  const words = WORDS[gate]
  const [severity, confidence] = words?.[finding.severity] ?? ['minor', 'medium']
  return {
    severity,
    confidence,
    file: finding.path ?? fallback,
    lines: finding.line === undefined ? null : String(finding.line),
    invariant: words?.invariant ?? `The ${gate} check has nothing to say.`,
    issue: finding.message,
    consequence: words?.consequence ?? '',
    suggestion: words?.suggestion ?? '',
    evidence: [`check ${gate}, rule ${finding.rule}`],
    found_by: 'check',
    rule: finding.rule,
  }
}
