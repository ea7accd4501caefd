import { join } from 'node:path'
import { createAutonomy, readWorkflow } from '#control-plane/autonomy'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { RUN_MODES, type RunMode, type Task } from '#domain/task'
import type { GateAuthority } from '#domain/workflow'
import type { Autonomy, AutonomyRecords, TenantAutonomy } from '#ports'
import { textOf } from './text-of.ts'

/** Wires autonomy; workflow.yaml is read anew for each task. */
export const openAutonomy = (home: string, records: AutonomyRecords): Autonomy =>
  createAutonomy({ records, workflow: () => workflowOf(home) })

/** A file that is there and cannot be read or understood lets nothing begin. */
async function workflowOf(home: string) {
  const source = await textOf(join(home, 'workflow.yaml')).catch((error: unknown) => {
    throw new GanderError('workflow_invalid', 'workflow.yaml cannot be read.', { cause: error })
  })
  const read = readWorkflow(source)
  if (!read.ok) throw new GanderError('workflow_invalid', read.refusal.message)
  return read.value
}

/** The autonomy of one tenant, as its platform offers it. */
export const autonomyOf = (autonomy: Autonomy, tenant: TenantId): TenantAutonomy => ({
  view: () => autonomy.view(tenant),
  move: (task_class, wish) => autonomy.move(tenant, task_class, wish),
})

/** The task with what it was granted, and the event that tells it; without autonomy it stays as it is. */
export async function withAutonomy(
  autonomy: Autonomy | undefined,
  task: Task,
  level: GateAuthority | null,
): Promise<{ readonly task: Task; readonly told: readonly EventDraft[] }> {
  if (autonomy === undefined) return { task, told: [] }
  const { reach, workflow, level_reason } = await autonomy.grant(task, { level })
  const facts = {
    reach: reach.reach,
    wanted: reach.wanted,
    level: workflow.level,
    caps: reach.caps.map((cap) => ({ ...cap })),
    ...(level_reason !== null && { level_reason }),
  }
  return { task: { ...task, mode: modeOf(reach.reach), workflow }, told: [{ event: 'autonomy_granted', facts }] }
}

/** What is granted is never more than was asked for, and a task asks for a mode. */
const modeOf = (reach: string): RunMode => RUN_MODES.find((mode) => mode === reach) ?? 'analysis_only'
