/** An `error` sends a plan back to its author; a `warning` goes on record and to whoever reviews it. */
type Severity = 'error' | 'warning'

interface PlanRule {
  readonly severity: Severity
  /** What a plan is asked for. */
  readonly asks: string
  /** Why it is asked. */
  readonly why: string
}

const rule = (severity: Severity, asks: string, why: string): PlanRule => ({ severity, asks, why })

/** The checklist of a good plan as rules, in the order of document 1, section 12. Ids never change once written. */
export const PLAN_RULES = {
  objective_clear: rule('error', 'a clear objective', 'nobody can tell whether an unclear one was reached'),
  steps_present: rule('error', 'steps', 'without steps there is nothing to hold the work to'),
  steps_distinct: rule('error', 'steps with ids of their own', 'evidence is filed under the id of its step'),
  scope_limited: rule('error', 'a bounded scope', 'a plan for everything bounds nothing'),
  target_in_scope: rule('error', 'targets inside the contract', 'the boundary gate refuses the change in the end'),
  target_forbidden: rule('error', 'no forbidden target', 'the boundary gate refuses the change in the end'),
  assumptions_explicit: rule(
    'warning',
    'explicit assumptions',
    'what is taken for granted silently is reviewed by nobody',
  ),
  constraints_explicit: rule('warning', 'explicit constraints', 'a constraint that is not repeated is forgotten first'),
  step_observable: rule('error', 'observable steps', 'what cannot be seen cannot be checked'),
  step_targeted: rule('error', 'a target in each step', 'a step without one may touch anything'),
  evidence_expected: rule(
    'error',
    'expected evidence in each step',
    'a step without evidence is done when somebody says so',
  ),
  reproduction_planned: rule('warning', 'a step that shows the fault', 'a fix of what nobody saw fail may fix nothing'),
  verification_named: rule('error', 'a verification', 'a change without proof is not accepted'),
  verification_runs: rule(
    'warning',
    'a verification by a command that this repository has',
    'a command that is not there proves nothing',
  ),
  forbidden_named: rule('error', 'forbidden acts', 'what must not happen is said before it can'),
  risk_stated: rule('warning', 'a risk no lower than the platform found', 'who plans too lightly looks too lightly'),
  approval_stated: rule(
    'warning',
    'the approval that will be asked',
    'a plan that ends at a person says so at its beginning',
  ),
  likely_considered: rule(
    'warning',
    'a look at the likely files',
    'the files that fit best are looked at or ruled out',
  ),
  target_pushable: rule('warning', 'targets that can be pushed', 'the forge refuses the branch when all work is done'),
} as const satisfies Readonly<Record<string, PlanRule>>

export type PlanRuleId = keyof typeof PLAN_RULES

/** What a plan lacks, by which rule, and why that is asked. */
export interface PlanFinding {
  readonly rule: PlanRuleId
  readonly severity: Severity
  /** For the plan's author: what is wrong and what to do. */
  readonly message: string
  /** What every plan is asked for, and why. */
  readonly asks: string
  readonly why: string
}

/** A finding of a rule. */
export const finding = (id: PlanRuleId, message: string): PlanFinding => {
  return { rule: id, message, ...PLAN_RULES[id] }
}

/** True for the rules of this table; a defect of another room has none. */
export const isPlanRule = (id: string): id is PlanRuleId => Object.hasOwn(PLAN_RULES, id)
