import type { KillSwitch, SwitchAction, SwitchScope } from '#domain/kill-switch'

/** Kill switches on record. Every move is one transaction with its event; the epoch of a scope only grows. */
export interface Switches {
  /** Every switch that is thrown now, and when that was read (the database's time). */
  thrown(): Promise<{ readonly switches: readonly KillSwitch[]; readonly read_at: string }>
  /** Adds actions to a scope. */
  stop(scope: SwitchScope, actions: readonly SwitchAction[], by: string, reason: string): Promise<KillSwitch>
  /** Takes actions from a scope; none given means all. */
  resume(scope: SwitchScope, actions: readonly SwitchAction[], by: string, reason: string): Promise<KillSwitch>
  /** Calls back after each move, on any connection of any process; a hint only. */
  watch(changed: () => void): Promise<() => Promise<void>>
}
