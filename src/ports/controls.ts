import type { TenantId } from '#domain/ids'
import type { ScopeBudgets } from './budgets.ts'
import type { Governance } from './governance.ts'
import type { Switches } from './switches.ts'

/** What operators hold in their hands, for one tenant. */
export interface Controls {
  readonly tenant_id: TenantId
  readonly switches: Pick<Switches, 'read' | 'stop' | 'resume'>
  readonly governance: Governance
  readonly budgets: ScopeBudgets
}
