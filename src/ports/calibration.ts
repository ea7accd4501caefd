import type { GateStrength } from '#domain/autonomy'
import type { TenantId } from '#domain/ids'

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
