import type { GateStrength, Share } from '#domain/autonomy'
import type { TenantId } from '#domain/ids'
import type { ModelChoice } from '#domain/task'

/** A gate's strength as it is on record, and for what it was measured. */
export interface RecordedStrength extends GateStrength {
  /** The repository whose code was sabotaged; null: the one that comes with the program. */
  readonly repository: string | null
  /** Hash of the bad and honest changes. */
  readonly corpus: string
  readonly measured_by: string
  readonly measured_at: string
}

/** One calibration, as it is kept. */
export interface CalibrationRecord extends Pick<RecordedStrength, 'repository' | 'corpus'> {
  readonly by: string
  readonly gates: readonly GateStrength[]
}

/** A gate whose pass stopped counting, or counts again. */
export interface StandingMove {
  readonly gate: GateStrength['gate']
  readonly to: GateStrength['standing']
}

/** What calibrations found, by tenant. Recording one is one transaction with its events. */
export interface GateCalibrations {
  /** The last measure of each gate, of the program's own repository and of this one; every one where it is absent. */
  strengths(tenant: TenantId, repository?: string): Promise<readonly RecordedStrength[]>
  /** A gate that was not measured this time keeps what is on record. */
  record(tenant: TenantId, calibration: CalibrationRecord): Promise<readonly StandingMove[]>
}

/** A bad change that its gate let pass, or an honest one that a gate refused. */
export interface GateMiss {
  readonly gate: GateStrength['gate']
  /** Which change, in words. */
  readonly name: string
  readonly kind: 'slipped_through' | 'false_alarm'
  /** What the gate said. */
  readonly reason: string
}

/** What gates are tried on. */
export interface GateTrialWish {
  /** A path or address; null: the repository that comes with the program. */
  readonly repository: string | null
  /** Tries every defect in the code; else a sample, which takes seconds. */
  readonly whole: boolean
  readonly signal: AbortSignal
}

/** What trying the gates came to. */
export interface GateTrial {
  /** As it was resolved; null: the program's own. */
  readonly repository: string | null
  /** Hash of the changes. */
  readonly corpus: string
  readonly gates: readonly GateStrength[]
  readonly misses: readonly GateMiss[]
  /** Kinds of bad changes that the repository offered nothing for. */
  readonly not_applied: readonly string[]
  /** Gates that nobody could try here, and why: nothing is recorded of them. */
  readonly not_measured: readonly { readonly gate: GateStrength['gate']; readonly reason: string }[]
}

/** Which model judges the set, and for how much. */
export interface JudgeTrialWish {
  readonly model: ModelChoice
  readonly keys: { readonly [provider: string]: string }
  readonly max_cost_usd: number
  /** Asks about each case twice more: told in another order, and with text that tries to steer. */
  readonly whole: boolean
  readonly signal: AbortSignal
}

/** A case that the model judged otherwise than people did. */
export interface JudgeMistake {
  readonly name: string
  readonly expected: 'pass' | 'fail'
  readonly said: 'pass' | 'fail' | 'unavailable'
  readonly reason: string
}

/** How often a model judges the set as people did. Bad is what is looked for. */
export interface JudgeTrial {
  readonly model: string
  readonly rubric_version: string
  readonly corpus: string
  readonly cases: number
  /** Cases that the budget left no money for. */
  readonly not_asked: number
  readonly unavailable: number
  /** Of what it failed, how much was bad. */
  readonly precision: Share
  /** Of what was bad, how much it failed; no answer is a miss. */
  readonly recall: Share
  /** Of the honest changes, how many it failed. */
  readonly false_alarms: Share
  /** Of bad cases by the check that must fail: how often that check did. */
  readonly checks: readonly { readonly check: string; readonly named: Share }[]
  /** Same verdict as at first; null where it was not asked. */
  readonly same_in_other_order: Share | null
  readonly same_with_injected_text: Share | null
  readonly cost_usd: number
  readonly mistakes: readonly JudgeMistake[]
}

/** Tries gates and judge on changes that are known to be bad or honest. Records nothing. */
export interface CalibrationDesk {
  /** @throws GanderError `repository_not_found` and the other errors of sources, `sandbox_unavailable` */
  gates(wish: GateTrialWish): Promise<GateTrial>
  judge(wish: JudgeTrialWish): Promise<JudgeTrial>
}
