import type {
  KillSwitch,
  SwitchAction,
  SwitchQuestion,
  SwitchReading,
  SwitchScope,
  SwitchStanding,
} from '#domain/kill-switch'
import type { RunId, TenantId } from '#domain/ids'

/** Kill switches on record. Every move is one transaction with its event; the epoch of a scope only grows. */
export interface Switches {
  /** Every switch that concerns a tenant and was ever moved, those over everything included. */
  read(tenant: TenantId): Promise<SwitchReading>
  /** What a run's switches are asked with; undefined where the tenant has no such run. */
  questionOf(tenant: TenantId, run: RunId): Promise<SwitchQuestion | undefined>
  /** Adds actions to a scope. */
  stop(scope: SwitchScope, actions: readonly SwitchAction[], by: string, reason: string): Promise<KillSwitch>
  /** Takes actions from a scope; none given means all. What was queued is then leased at a bounded rate. */
  resume(scope: SwitchScope, actions: readonly SwitchAction[], by: string, reason: string): Promise<KillSwitch>
  /** Calls back after each move, on any connection of any process; a hint only. */
  watch(changed: () => void): Promise<() => Promise<void>>
}

/** Asked before each act, on both sides: by the control plane, and by each gateway for itself. */
export interface SwitchCheck {
  /** What holds for this, from a reading that is at most one second old. */
  standing(question: SwitchQuestion): Promise<SwitchStanding>
  /** The same from the record at this very moment: for what cannot be taken back. Unreadable counts as unknown. */
  standingNow(question: SwitchQuestion): Promise<SwitchStanding>
  /** What holds for a run that is known by its identifier only; one that is not on record, as for its tenant. */
  standingOfRun(
    tenant: TenantId,
    run: RunId,
  ): Promise<{
    readonly standing: SwitchStanding
    readonly question: SwitchQuestion
  }>
  /** Calls back when a switch may have moved, until the returned function is called. */
  onHint(changed: () => void): () => void
}
