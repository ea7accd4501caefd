import type { ChainPosition } from './chain.ts'
import type { GatewayHead } from './gateway-act.ts'

/** What can be wrong with a tenant's history. */
export const AUDIT_DEFECTS = {
  gap: 'events are missing',
  duplicate: 'a position is there twice',
  reordered: 'an event stands after a later one',
  wrong_previous: 'an event does not follow the one before it',
  wrong_hash: 'an event is not what was hashed',
  wrong_run_order: 'events of a run are missing',
  foreign_tenant: 'an event is of another tenant',
  truncated: 'the chain ends before a checkpoint',
  forked: 'the chain differs from a checkpoint',
  checkpoint_gap: 'checkpoints are missing',
  checkpoint_unlinked: 'a checkpoint does not follow the one before it',
  checkpoint_unsigned: 'no known key signed a checkpoint',
  checkpoint_backwards: 'a checkpoint goes back',
  checkpoints_differ: 'two places hold different checkpoints',
  checkpoints_cut: 'a place holds fewer checkpoints than another',
  act_gap: 'acts of a gateway are missing',
  act_wrong_previous: 'an act does not follow the one before it',
  act_wrong_hash: 'an act is not what was hashed',
  act_truncated: 'a gateway’s sequence ends before a checkpoint',
  act_forked: 'a gateway’s sequence differs from a checkpoint',
  missing_event: 'a gateway acted and no event tells of it',
  missing_act: 'an event tells of an act that its gateway does not know',
  manifest_wrong: 'the file is not what its manifest says',
  manifest_unsigned: 'no known key signed the manifest',
  manifest_missing: 'the file ends before its manifest',
  unreadable: 'a line of the file cannot be read',
} as const

export type AuditDefectKind = keyof typeof AUDIT_DEFECTS

/** One thing that is wrong, and where. */
export interface AuditDefect {
  readonly kind: AuditDefectKind
  /** Such as `event 12`, `model act 7`, `checkpoint 3`. */
  readonly where: string
  /** Both sides, where there are two. */
  readonly detail: string
}

/** The answer of a verification. */
export interface AuditReport {
  readonly tenant_id: string
  readonly events: number
  readonly acts: number
  readonly artifacts: number
  readonly checkpoints: number
  /** The last event. */
  readonly head: ChainPosition
  readonly gateways: readonly GatewayHead[]
  /** Events whose facts were cut out of an export; only their place is proved. */
  readonly withheld: number
  /** Acts without an outcome: under way, or of a run that ended meanwhile. */
  readonly open_acts: number
  /** Events after the last checkpoint: nothing outside the database witnesses them yet. */
  readonly unwitnessed: number
  /** The first thousand. */
  readonly defects: readonly AuditDefect[]
  readonly defect_count: number
}

/** The answer about a file. */
export interface ExportReport extends AuditReport {
  readonly since: string | null
  readonly exported_at: string
  /** Ids of the keys the file says have signed. */
  readonly key_ids: readonly string[]
  /** False where no key was given from elsewhere: then the file's own keys were believed, which proves no origin. */
  readonly keys_given: boolean
}
