import type { Plan } from '#domain/plan'
import { isMigrationPath } from '#domain/path'
import { shownCommand } from '#domain/verification'
import type { ScopeFinding } from './foresee-scope.ts'
import { pathsIn, writes } from './plan-paths.ts'
import type { LikelyFile, PlanGround, PlanQuestion } from './plan-ground.ts'
import type { PlanFinding } from './plan-rules.ts'
import { reviewPlan } from './review-plan.ts'

const MOST_LIKELY = 10

/** An accepted plan with what the platform knows around it: an artifact of the run, for whoever reviews it. */
export interface PlanRecord {
  readonly schema: 'gander.plan/v1'
  /** Hash of the plan as it was handed in. */
  readonly plan_sha256: string
  readonly plan: Plan
  readonly likely_files: readonly LikelyFile[]
  /** Files that the plan writes, as far as its targets name paths. */
  readonly planned_files: readonly string[]
  readonly verification: {
    /** Shows in short whether the change is right; null where nothing tells how. */
    readonly focused: string | null
    /** What must pass in the end. */
    readonly required: readonly string[]
  }
  readonly owners: readonly string[]
  readonly risk: { readonly tier: string | null; readonly notes: readonly string[] }
  /** Whether a person looks before anything is edited, and whose yes the change needs. */
  readonly approval: { readonly requires_plan_approval: boolean; readonly kinds: readonly string[] }
  readonly rollback: readonly string[]
  readonly findings: readonly PlanFinding[]
  /** What was foreseen before the first token. */
  readonly foreseen: readonly ScopeFinding[]
}

interface Accepted {
  readonly plan: Plan
  readonly plan_sha256: string
  readonly foreseen: readonly ScopeFinding[]
}

/** Puts the record of an accepted plan together. Nothing of it is asked of a model. */
export function recordPlan(accepted: Accepted, question: PlanQuestion & { readonly ground: PlanGround }): PlanRecord {
  const { plan, plan_sha256, foreseen } = accepted
  const { task, ground, profile } = question
  const planned_files = [...new Set(plan.steps.filter(writes).flatMap(({ target }) => pathsIn(target)))]
  const required = (profile?.phases ?? []).filter((phase) => phase.required).map(shownCommand)
  return {
    schema: 'gander.plan/v1',
    plan_sha256,
    plan,
    likely_files: ground.likely.slice(0, MOST_LIKELY),
    planned_files,
    verification: { focused: ground.focused_command, required },
    owners: ground.owners,
    risk: { tier: task.risk?.tier ?? null, notes: ground.risk_notes },
    approval: {
      requires_plan_approval: (task.workflow?.phases.plan?.checkpoint ?? null) !== null,
      kinds: task.risk?.required_approvals ?? [],
    },
    rollback: rollbackOf(question, planned_files),
    findings: reviewPlan(plan, question),
    foreseen,
  }
}

/** One change is one commit on a branch of its own; what a revert does not take back is said. */
function rollbackOf({ task }: PlanQuestion, planned: readonly string[]): readonly string[] {
  const first =
    task.mode === 'analysis_only' || task.mode === 'dry_run_patch'
      ? 'Nothing is changed outside the run; there is nothing to take back.'
      : 'Close the pull request or delete the branch; once merged, `git revert` its merge commit.'
  const migrations = planned.filter(isMigrationPath)
  const reversibility = task.risk?.facts.reversibility
  return [
    first,
    ...(migrations.length > 0 ? [`A revert does not undo ${migrations.join(', ')} where it was applied already.`] : []),
    ...(reversibility === 'needs_data_repair' ? ['What was written meanwhile may have to be repaired by hand.'] : []),
    ...(reversibility === 'irreversible' ? ['What it does cannot be taken back once it ran.'] : []),
  ]
}
