import type { RunId, TenantId } from '#domain/ids'
import type { Run } from '#domain/run'

/** A scheduler that stands still: new runs are taken in, and none is leased. */
export interface SchedulerPause {
  /** Null where it stands still for every tenant. */
  readonly tenant_id: TenantId | null
  readonly paused_by: string
  readonly paused_at: string
  readonly reason: string
}

/**
 * What operators do besides stopping and approving. Every act is one transaction with its event. Blocking a repository is
 * the switch action `block_repository`, revoking a token `Identities.revoke`, a repository's verifier profile is part of
 * its onboarding record.
 */
export interface Governance {
  /** Stops leasing for a tenant, or for every tenant where `tenant` is null. Runs in hand go on. */
  pauseScheduler(tenant: TenantId | null, by: string, reason: string): Promise<SchedulerPause>
  /** False where it was not paused. */
  resumeScheduler(tenant: TenantId | null, by: string, reason: string): Promise<boolean>
  /** The pauses that concern a tenant. */
  schedulerPauses(tenant: TenantId): Promise<readonly SchedulerPause[]>
  /** Takes a run from its worker and puts it back into the queue; the next lease has a higher fence. @throws GanderError `run_not_found`, `run_not_in_state` */
  revokeLease(tenant: TenantId, run: RunId, by: string, reason: string): Promise<Run>
}
