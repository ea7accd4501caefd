import { planDefects, type Plan, type PlanDefect, type PlanStep } from '#domain/plan'
import type { Task } from '#domain/task'
import { matcher, pathsIn, writes } from './plan-paths.ts'

const NO_PROOF = /^(none|n\/?a|nothing|not (needed|required|applicable)|manual(ly)?|-+|todo|tbd|later)\.?$/i

/**
 * Checks a plan against the quality rules and the contract; an empty list means it may be edited by. Whether a step
 * writes is read from its first verb, so this is a service to the agent: policy decides each write again.
 */
export function checkPlan(plan: Plan, task: Task): readonly PlanDefect[] {
  return [...planDefects(plan), ...contractDefects(plan, task)]
}

function contractDefects(plan: Plan, task: Task): readonly PlanDefect[] {
  const defects: PlanDefect[] = []
  const { allowed_paths, forbidden_paths, max_changed_files } = task.scope
  const forbidden = matcher(forbidden_paths)
  const allowed = allowed_paths.length === 0 ? () => true : matcher(allowed_paths)
  const written = new Set<string>()
  for (const step of plan.steps.filter(writes)) {
    for (const path of pathsIn(step.target)) {
      written.add(path)
      if (forbidden(path)) defects.push(forbiddenTarget(step, path, forbidden_paths))
      else if (!allowed(path)) defects.push(outsideTarget(step, path, allowed_paths))
    }
  }
  if (written.size > max_changed_files)
    defects.push({
      rule: 'scope_limited',
      message: `The plan writes ${written.size} files; the contract allows ${max_changed_files}.`,
    })
  const proofs = plan.verification.filter((entry) => entry.trim() !== '')
  if (proofs.length > 0 && proofs.every((entry) => NO_PROOF.test(entry.trim())))
    defects.push({
      rule: 'verification_named',
      message: `"${String(proofs[0]).trim()}" proves nothing; name the command or check that will show the change is right.`,
    })
  return defects
}

const forbiddenTarget = (step: PlanStep, path: string, forbidden: readonly string[]): PlanDefect => ({
  rule: 'target_forbidden',
  message: `Step ${step.id} writes ${path}; the contract forbids ${forbidden.join(', ')}. Plan without it, or report_blocked when the task cannot be done so.`,
})

const outsideTarget = (step: PlanStep, path: string, allowed: readonly string[]): PlanDefect => ({
  rule: 'target_in_scope',
  message: `Step ${step.id} writes ${path}; the contract allows ${allowed.join(', ')} only.`,
})
