import type { AutonomyFigures, PhaseNumber, RolloutFigures, WeighedCriterion } from '#domain/autonomy'
import type { TenantId } from '#domain/ids'
import type { AutonomyTerms, RunMode, Task } from '#domain/task'
import type { GateAuthority, WorkflowProfile } from '#domain/workflow'
import type { CalibrationRecord, RecordedStrength, StandingMove } from './calibration.ts'

/** How far a task class has come, for one tenant. */
export interface ClassPhase {
  readonly task_class: string
  readonly phase: PhaseNumber
  /** Null where it never was moved. */
  readonly moved_by: string | null
  readonly moved_at: string | null
  readonly reason: string | null
}

/** Phases on record, and what runs showed since. Every move is one transaction with its event. */
export interface AutonomyRecords {
  /** Every class with a phase on record or a run that ended. */
  classes(tenant: TenantId): Promise<readonly ClassPhase[]>
  phase(tenant: TenantId, task_class: string): Promise<ClassPhase>
  /** Since the class entered its phase; null `since` means from the first run. */
  figures(tenant: TenantId, task_class: string, since: string | null): Promise<AutonomyFigures & RolloutFigures>
  move(
    tenant: TenantId,
    task_class: string,
    move: { readonly from: PhaseNumber; readonly to: PhaseNumber; readonly by: string; readonly reason: string },
  ): Promise<ClassPhase>
}

/** A task class as `gander autonomy` shows it. */
export interface AutonomyView extends ClassPhase {
  readonly name: string
  readonly figures: AutonomyFigures & RolloutFigures
  readonly criteria: readonly WeighedCriterion[]
  readonly earned_level: GateAuthority
  /** What the next level lacks. */
  readonly missing: readonly string[]
}

/** What a task may do and who decides in it, with the reason of each cap. */
interface AutonomyGrant extends AutonomyTerms {
  readonly workflow: WorkflowProfile
}

/** What whoever submits a task asks for. */
export interface AutonomyWish {
  /** Before anything lowered it. */
  readonly mode: RunMode
  /** Null: nobody chose a level. */
  readonly level: GateAuthority | null
}

/** How much autonomy tasks get, and how that changes. */
export interface Autonomy {
  /** By the task's agreement, risk and capability; a class that fell below the floor of its phase goes down first. @throws GanderError `workflow_invalid` */
  grant(task: Task, wanted: AutonomyWish): Promise<AutonomyGrant>
  view(tenant: TenantId): Promise<readonly AutonomyView[]>
  /** What calibration found of the gates; empty where nobody calibrated. */
  gates(tenant: TenantId): Promise<readonly RecordedStrength[]>
  /** Keeps what a calibration found; from the next task on it counts. @throws GanderError `internal` where nobody keeps it */
  calibrated(tenant: TenantId, calibration: CalibrationRecord): Promise<readonly StandingMove[]>
  /** One phase up or any number down. @throws GanderError `rollout_criteria_unmet` unless overridden with a reason */
  move(
    tenant: TenantId,
    task_class: string,
    wish: { readonly to: PhaseNumber; readonly by: string; readonly reason: string; readonly override: boolean },
  ): Promise<AutonomyView>
}

/** The autonomy of one tenant's task classes, as a platform offers it. */
export interface TenantAutonomy {
  view(): Promise<readonly AutonomyView[]>
  /** What calibration found of the gates; absent where it is not offered. */
  gates?(): Promise<readonly RecordedStrength[]>
  /** Keeps what a calibration found, and tells which gates it moved; absent where it is not offered. */
  calibrated?(calibration: CalibrationRecord): Promise<readonly StandingMove[]>
  move(
    task_class: string,
    wish: { readonly to: PhaseNumber; readonly by: string; readonly reason: string; readonly override: boolean },
  ): Promise<AutonomyView>
}
