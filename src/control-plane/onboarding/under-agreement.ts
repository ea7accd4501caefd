import { ok, refuse, type Result } from '#domain/result'
import { RUN_MODES, type Task } from '#domain/task'
import type { RepositoryRecord } from '#ports'

/**
 * The task as the repository's agreement lets it be, with the agreement pinned to it: its reach at most the agreed one,
 * the agreed paths closed besides its own, verified by the agreed profile, owned by the agreed team where it names no
 * owner. Refused where its capability may not work there, or where it brings another profile than the agreed one.
 */
export function underAgreement(task: Task, record: RepositoryRecord): Result<Task, string> {
  const { repository: _, changed_by: __, changed_at: ___, ...agreement } = record
  const { allowed_task_classes, forbidden_paths, verifier_profile, autonomy_max, owner_team } = agreement
  if (allowed_task_classes !== null && !allowed_task_classes.includes(task.capability))
    return refuse(
      `${task.repository} is agreed for ${allowed_task_classes.join(', ') || 'no capability'}, not for ${task.capability}`,
    )
  if (verifier_profile !== null && !isProfile(task.verification, verifier_profile))
    return refuse(`${task.repository} is agreed to be verified by the profile ${verifier_profile}, and by no other`)
  const capped = autonomy_max !== null && RUN_MODES.indexOf(task.mode) > RUN_MODES.indexOf(autonomy_max)
  const closed = [...new Set([...task.scope.forbidden_paths, ...forbidden_paths])]
  return ok({
    ...task,
    agreement,
    mode: capped ? autonomy_max : task.mode,
    owner: task.owner ?? owner_team,
    scope: { ...task.scope, forbidden_paths: closed },
    verification: verifier_profile === null ? task.verification : { kind: 'named', id: verifier_profile },
  })
}

/** A task that names none is verified by the agreed one. */
const isProfile = (chosen: Task['verification'], agreed: string): boolean =>
  chosen === null || (chosen.kind === 'named' && chosen.id === agreed)
