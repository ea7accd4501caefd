import type { ApprovalKind, RiskReading } from '../risk/index.ts'
import { REACHES, reachOfTier, type Reach } from './reach.ts'

/** A kind of approval and how many different people must give it. */
export interface WantedApproval {
  readonly kind: ApprovalKind
  readonly quorum: number
}

const isBeyond = (wanted: Reach, most: Reach): boolean => REACHES.indexOf(wanted) > REACHES.indexOf(most)

/**
 * Who must agree before a change may leave the platform so far. Nobody, where that is within the tier of autonomy: then
 * the reading's approvals are owed before a merge. Beyond it, everyone the reading names, and as many as its tier asks for.
 */
export function approvalsToPublish(
  risk: Pick<RiskReading, 'max_autonomy_tier' | 'required_approvals' | 'least_approvals'>,
  wanted: Reach,
): readonly WantedApproval[] {
  if (!isBeyond(wanted, reachOfTier(risk.max_autonomy_tier))) return []
  const kinds: readonly ApprovalKind[] = risk.required_approvals.length === 0 ? ['reviewer'] : risk.required_approvals
  const more = Math.max(0, risk.least_approvals - kinds.length)
  return kinds.map((kind, at) => ({ kind, quorum: at === 0 ? 1 + more : 1 }))
}
