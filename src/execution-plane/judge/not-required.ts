import type { Verdict } from '#domain/gate'
import type { TransformRule } from '#domain/task'

/** The verdict where the profile of a transform asks for no judge: its rule was chosen by a person, not by a model. */
export function notRequired(rule: TransformRule): Verdict {
  const what = rule.kind === 'command' ? `the command ${rule.argv.join(' ').slice(0, 200)}` : `the rule ${rule.name}`
  return {
    gate: 'judge',
    answer: 'not_required',
    decided_by: 'deterministic',
    reason: `Rule transform.judge_not_required: the change was made by ${what}, which a person chose; every other gate applies.`,
    findings: [],
    evidence: [],
  }
}
