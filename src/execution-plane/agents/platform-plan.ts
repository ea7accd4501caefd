import type { Plan } from '#domain/plan'
import type { Task } from '#domain/task'

/** A plan that the platform makes itself, for agents that hand in none: what they do, then the verification. */
export function platformPlan(
  task: Task,
  assumptions: readonly string[],
  core: Pick<Plan, 'objective' | 'steps' | 'risk'>,
): Plan {
  const { forbidden_paths } = task.scope
  const verify = {
    id: 'S2',
    action: 'verify the proposed tree',
    target: 'the verification profile of the task',
    expected_evidence: 'the profile passes and no test is lost',
  }
  return {
    ...core,
    steps: [...core.steps, verify],
    assumptions: [...assumptions],
    constraints: [...task.constraints],
    verification: ['the verification profile of the task, at the base commit and on the proposed tree'],
    forbidden: forbidden_paths.length > 0 ? [...forbidden_paths] : ['paths outside the scope of the task'],
  }
}
