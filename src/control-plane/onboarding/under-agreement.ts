import { ok, refuse, type Result } from '#domain/result'
import { RUN_MODES, type Task } from '#domain/task'
import type { RepositoryAgreement } from '#ports'

/**
 * The task as the repository's agreement lets it be: its reach at most the agreed one, the agreed paths closed besides its
 * own, the agreed profile where it names none. Refused where its capability may not work there.
 */
export function underAgreement(task: Task, agreement: RepositoryAgreement): Result<Task, string> {
  const { allowed_task_classes, forbidden_paths, verifier_profile, autonomy_max } = agreement
  if (allowed_task_classes !== null && !allowed_task_classes.includes(task.capability))
    return refuse(
      `${task.repository} is agreed for ${allowed_task_classes.join(', ') || 'no capability'}, not for ${task.capability}`,
    )
  const capped = autonomy_max !== null && RUN_MODES.indexOf(task.mode) > RUN_MODES.indexOf(autonomy_max)
  const closed = [...new Set([...task.scope.forbidden_paths, ...forbidden_paths])]
  return ok({
    ...task,
    mode: capped ? autonomy_max : task.mode,
    scope: { ...task.scope, forbidden_paths: closed },
    verification:
      task.verification ?? (verifier_profile === null ? null : { kind: 'named' as const, id: verifier_profile }),
  })
}
