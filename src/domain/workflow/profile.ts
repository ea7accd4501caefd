/** The phases of a run as profiles name them; what follows a merge is the last. */
const WORKFLOW_PHASES = ['intake', 'plan', 'build', 'test', 'review', 'document', 'deliver', 'monitor'] as const
export type WorkflowPhase = (typeof WORKFLOW_PHASES)[number]

/** The phases after which a person may be asked to go on. */
export const CHECKPOINT_PHASES = ['plan', 'build', 'test', 'review'] as const satisfies readonly WorkflowPhase[]
export type CheckpointPhase = (typeof CHECKPOINT_PHASES)[number]

/** Who decides when a gate says no: 1 a person, 2 gates within phases, 3 gates but for the merge, 4 gates. */
export type GateAuthority = 1 | 2 | 3 | 4

/** The levels by the names that profiles give them. */
export const LEVEL_NAMES: Readonly<Record<GateAuthority, string>> = {
  1: 'assisted',
  2: 'supervised',
  3: 'autonomous',
  4: 'ase',
}

/** What a gate's no leads to. `repair` hands it back to the agent while its budget lasts. */
export type Disposition = 'abort' | 'repair' | 'ask' | 'warn'

/** Where a run waits for a person's word. */
export interface CheckpointRule {
  /** From 1; by the database's time. */
  readonly timeout_minutes: number
  /** What no answer leads to. `continue` is refused where the level is 1: there a person decides. */
  readonly on_timeout: 'stop' | 'continue'
}

/** What holds in one phase. */
export interface PhaseRule {
  readonly disposition: Disposition
  /** Null: the run goes on by itself. */
  readonly checkpoint: CheckpointRule | null
}

/** Figures that gates are held to where they decide alone; null: not asked for. */
export interface GateNumbers {
  /** Percent of lines. */
  readonly coverage_min: number | null
  /** True: every test, also those that failed before. What passed before must pass in any case. */
  readonly all_pass: boolean
  /** What a review may leave to people. */
  readonly max_blockers: number | null
  /** How often a review may take a change for one of high risk: 0 never. */
  readonly max_critical: number | null
  /** What is left undone is on record; every packet has it. */
  readonly tech_debt_logged: boolean
  /** The most files that are published. */
  readonly max_files_changed: number | null
  /** Merging is off unless a profile says otherwise, and nothing merges below tier 5. */
  readonly auto_merge: { readonly enabled: boolean; readonly delay_minutes: number }
  readonly monitor: {
    readonly anomaly_detection: boolean
    readonly rollback_on: readonly string[]
    readonly auto_create_issue: boolean
  }
}

/** The disposition profile of a run; pinned in its contract when it is accepted. */
export interface WorkflowProfile {
  readonly level: GateAuthority
  readonly phases: Readonly<Record<WorkflowPhase, PhaseRule>>
  readonly gates: GateNumbers
}
