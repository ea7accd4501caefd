import type { Plan, PlanStep } from './plan.ts'

/** Why a plan is not good enough to edit by; the text goes back to its author. */
export interface PlanDefect {
  readonly rule: string
  readonly message: string
}

const WHOLE_REPOSITORY =
  /^(\.|\*|\*\*|\/|everything|all( the)?( files| code)?|the (whole |entire )?(repo|repository|codebase|project))$/i
const VAGUE_ACTION = /^(do|make|fix|work|change|update|improve|stuff|it|things?|the changes?|changes)$/i

/** Checks a plan against the quality rules; an empty list means it may be edited by. */
export function planDefects(plan: Plan): readonly PlanDefect[] {
  const defects: PlanDefect[] = []
  const add = (rule: string, message: string) => defects.push({ rule, message })
  if (words(plan.objective) < 3)
    add('objective_clear', 'The objective must say in a sentence what will be true afterwards.')
  if (plan.steps.length === 0) add('steps_present', 'A plan needs at least one step.')
  if (plan.steps.length > 20) add('scope_limited', 'More than 20 steps: split the work or merge steps.')
  const seen = new Set<string>()
  for (const step of plan.steps) {
    if (seen.has(step.id)) add('steps_distinct', `Step id ${step.id} is used twice.`)
    seen.add(step.id)
    defects.push(...stepDefects(step))
  }
  if (plan.verification.every((entry) => entry.trim() === ''))
    add('verification_named', 'Name the command or check that will prove the change.')
  if (plan.forbidden.every((entry) => entry.trim() === ''))
    add('forbidden_named', 'Name what must not be touched or done; the contract has its forbidden paths.')
  return defects
}

function stepDefects(step: PlanStep): readonly PlanDefect[] {
  const defects: PlanDefect[] = []
  if (step.action.trim() === '' || VAGUE_ACTION.test(step.action.trim()))
    defects.push({ rule: 'step_observable', message: `Step ${step.id}: "${step.action}" names no observable action.` })
  if (step.target.trim() === '')
    defects.push({ rule: 'step_targeted', message: `Step ${step.id} must name the files or commands it touches.` })
  if (WHOLE_REPOSITORY.test(step.target.trim()))
    defects.push({
      rule: 'scope_limited',
      message: `Step ${step.id} targets the whole repository; name files or folders.`,
    })
  if (words(step.expected_evidence) < 2)
    defects.push({ rule: 'evidence_expected', message: `Step ${step.id} must say what will show that it succeeded.` })
  return defects
}

const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length
