import { createHash } from 'node:crypto'
import { diffStat } from '#domain/change'
import type { Finding, Verdict } from '#domain/gate'
import { canonicalJson } from '#domain/json'
import type { PolicyDecision } from '#ports'
import type { ReadChange } from './change-check.ts'
import { verdictOf } from './verdict.ts'

/** Scope and protected files: the policy is asked about each changed path, the task's limits about the whole. */
export function checkBoundary(check: ReadChange): readonly [Verdict, Verdict] {
  const outside: Finding[] = [...sizeFindings(check)]
  const closed: Finding[] = []
  for (const { change } of check.files) {
    const decision = decisionOn(check, change.path, change.kind)
    if (decision.answer === 'allow') continue
    const rules = decision.matched_rules.filter((match) => match.effect === decision.answer)
    const named = rules.length > 0 ? rules.map((match) => match.rule) : ['policy.denied']
    for (const rule of named)
      (rule.startsWith('protected') ? closed : outside).push({
        rule,
        path: change.path,
        severity: 'error',
        message: `${change.path} may not be ${verbOf(change.kind)}: ${decision.explanation}`,
      })
  }
  const count = check.files.length
  return [
    verdictOf('boundary', outside, `${count} changed ${count === 1 ? 'file is' : 'files are'} inside the task's scope`),
    verdictOf('protected_files', closed, 'no protected file is changed without leave'),
  ]
}

function decisionOn({ task, run_id, state, policy }: ReadChange, path: string, kind: string): PolicyDecision {
  const requested = { action: 'tree.path', path, kind }
  return policy.decide({
    action: 'tree.path',
    run_id,
    state,
    paths: [path],
    argv: [],
    scope: task.scope,
    args_hash: createHash('sha256').update(canonicalJson(requested)).digest('hex'),
    facts: { kind },
  })
}

/** Lines are counted from the contents: a patch leaves binary files and long lines out. */
function sizeFindings({ task, change }: ReadChange): readonly Finding[] {
  const { max_changed_files, max_diff_lines } = task.scope
  const stat = diffStat(change.files)
  const findings: Finding[] = []
  if (stat.files > max_changed_files)
    findings.push({
      rule: 'task.max_changed_files',
      message: `${stat.files} files are changed; the task allows ${max_changed_files}`,
      severity: 'error',
    })
  if (stat.added + stat.deleted > max_diff_lines)
    findings.push({
      rule: 'task.max_diff_lines',
      message: `${stat.added + stat.deleted} lines are changed; the task allows ${max_diff_lines}`,
      severity: 'error',
    })
  return findings
}

const verbOf = (kind: string): string => ({ added: 'added', deleted: 'deleted' })[kind] ?? 'changed'
