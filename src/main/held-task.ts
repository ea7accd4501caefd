import { riskOfTask } from '#control-plane/intake'
import type { EventDraft } from '#domain/event'
import { RUN_MODES, type RequestSource, type Task } from '#domain/task'
import type { Autonomy, AutonomyWish, Capabilities, Repositories, RepositoryRecords } from '#ports'
import { agreedTask } from './agreed-task.ts'
import { withAutonomy } from './open-autonomy.ts'
import { granted } from './open-capabilities.ts'

interface HoldingParts {
  readonly capabilities: Capabilities
  readonly repository_records: Pick<RepositoryRecords, 'get'>
  readonly repositories: Pick<Repositories, 'paths'>
  readonly autonomy?: Autonomy
}

interface Asked extends AutonomyWish {
  /** The repository's address as it was typed. */
  readonly typed: string
  /** Absent: where it came in is not asked. */
  readonly source?: RequestSource
}

/**
 * The task held to everything that bounds it before a run is made: its repository's agreement, its capability, its risk,
 * and the autonomy these leave; with the events that tell of it. Each of them only ever takes away.
 */
export async function heldTask(
  parts: HoldingParts,
  task: Task,
  { typed, source, ...wish }: Asked,
): Promise<{ readonly task: Task; readonly told: readonly EventDraft[] }> {
  const agreed = await agreedTask(parts.repository_records, task, typed)
  const contracted = await granted(parts.capabilities, agreed, source)
  if (contracted.source === undefined) return withAutonomy(parts.autonomy, contracted, wish)
  const risk = riskOfTask(contracted, await parts.repositories.paths(contracted.source))
  const { told, task: held } = await withAutonomy(parts.autonomy, { ...contracted, risk }, wish)
  const facts = {
    tier: risk.tier,
    reasons: risk.reasons.map(({ reason }) => reason),
    policy_version: risk.rules,
    stage: risk.stage,
    max_autonomy_tier: risk.max_autonomy_tier,
    max_level: risk.max_level,
    required_approvals: [...risk.required_approvals],
    forbidden_actions: [...risk.forbidden_actions],
  }
  return { task: held, told: [{ event: 'risk_classified', facts }, ...told] }
}

/** A task that starts anew, held to what bounds it now, by what it asked for then. */
export function heldAgain(parts: HoldingParts, task: Task): ReturnType<typeof heldTask> {
  const { agreement: before, risk: _, autonomy, ...bare } = task
  const mode = RUN_MODES.find((each) => each === autonomy?.reach.wanted) ?? task.mode
  const level = autonomy?.level.wanted ?? task.workflow?.level ?? null
  const { verification } = task
  const was_agreed = verification?.kind === 'named' && verification.id === before?.verifier_profile
  const anew: Task = { ...bare, mode, verification: was_agreed ? null : verification }
  return heldTask(parts, anew, { typed: task.repository, mode, level })
}
