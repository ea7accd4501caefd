import { GanderError } from '#domain/failure'
import type { ContextItemType, ContextLayer } from '#domain/context'
import type { TenantId } from '#domain/ids'
import type { Task, Trust } from '#domain/task'

/** Something known beside the repository: what an earlier run did, what a reviewer said, what is remembered. */
export interface ContextNote {
  readonly layer: Extract<
    ContextLayer,
    'repository_context' | 'previous_attempts' | 'tool_results' | 'reviewer_feedback' | 'verification_evidence'
  >
  readonly type: Extract<
    ContextItemType,
    'memory' | 'plan_note' | 'previous_attempt' | 'tool_result' | 'review_comment' | 'verification_baseline'
  >
  /** Whose it is: a note of another tenant or repository is a defect of whoever gave it, and ends the run. */
  readonly tenant_id: TenantId
  readonly repository: string
  /** Who said it, such as `memory`, `run run_…` or `reviewer ada`. */
  readonly source: string
  /** Said before it by the platform. */
  readonly heading: string
  readonly text: string
  /** Never above what it was made of. */
  readonly trust_level: Trust
  readonly path?: string
}

/** The notes, all of which belong to the task's tenant and repository. @throws GanderError `internal` otherwise */
export function ownNotes(task: Pick<Task, 'tenant_id' | 'repository'>, notes: readonly ContextNote[]) {
  for (const { tenant_id, repository, type } of notes)
    if (tenant_id !== task.tenant_id || repository !== task.repository)
      throw new GanderError('internal', `A ${type} of another tenant or repository was offered to a context.`)
  return notes
}
