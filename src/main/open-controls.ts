import { createSwitchBoard, type SwitchBoard } from '#control-plane/kill-switch'
import { createGovernance, createScopeBudgets, createSwitches, type Database } from '#adapters/postgres'
import type { TenantId } from '#domain/ids'
import type { Controls, RunStore } from '#ports'
import { identifiers, systemClock } from './system-clock.ts'

/** Wires the switches, budgets and acts of operators of one database, and the board that everybody of this process asks. */
export function openControls(
  database: Database,
  storeOf: (tenant: TenantId) => Pick<RunStore, 'command' | 'load'>,
): { readonly controls: Omit<Controls, 'tenant_id'>; readonly switch_board: SwitchBoard } {
  const switches = createSwitches({ database, identifiers })
  const governance = createGovernance({ database, identifiers, storeOf })
  const budgets = createScopeBudgets({ database, identifiers })
  return {
    controls: { switches, governance, budgets },
    switch_board: createSwitchBoard({ switches, clock: systemClock }),
  }
}
