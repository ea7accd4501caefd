import { join } from 'node:path'
import { createAutonomy, readWorkflow } from '#control-plane/autonomy'
import type { Reach } from '#domain/autonomy'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { RUN_MODES, type RunMode, type Task } from '#domain/task'
import type { Autonomy, AutonomyRecords, AutonomyWish, GateCalibrations, TenantAutonomy } from '#ports'
import { textOf } from './text-of.ts'

/** Wires autonomy; workflow.yaml is read anew for each task. */
export const openAutonomy = (home: string, records: AutonomyRecords, calibrations?: GateCalibrations): Autonomy =>
  createAutonomy({ records, ...(calibrations && { calibrations }), workflow: () => workflowOf(home) })

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
  gates: () => autonomy.gates(tenant),
  calibrated: (calibration) => autonomy.calibrated(tenant, calibration),
  move: (task_class, wish) => autonomy.move(tenant, task_class, wish),
})

/** The task with what it was granted, and the event that tells it; without autonomy it stays as it is. */
export async function withAutonomy(
  autonomy: Autonomy | undefined,
  task: Task,
  wish: AutonomyWish,
): Promise<{ readonly task: Task; readonly told: readonly EventDraft[] }> {
  if (autonomy === undefined) return { task, told: [] }
  const { workflow, ...terms } = await autonomy.grant(task, wish)
  const { reach, level, phase } = terms
  const facts = {
    reach: reach.reach,
    wanted: reach.wanted,
    level: level.level,
    wanted_level: level.wanted,
    phase,
    caps: reach.caps.map((cap) => ({ ...cap })),
    level_caps: level.caps.map((cap) => ({ ...cap })),
    ...(level.limited_by.length > 0 && { level_reason: level.limited_by.map(({ reason }) => reason).join('; ') }),
  }
  const held: Task = { ...task, mode: modeOf(reach.reach, task), workflow, autonomy: terms }
  return { task: held, told: [{ event: 'autonomy_granted', facts }] }
}

/** What is granted is never more than was asked for, nor than an agreement lowered it to. */
const modeOf = (reach: Reach, { mode }: Task): RunMode => {
  const most = RUN_MODES.find((each) => each === reach) ?? 'analysis_only'
  return RUN_MODES.indexOf(most) < RUN_MODES.indexOf(mode) ? most : mode
}
