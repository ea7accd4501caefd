import type { TenantId } from '../ids/index.ts'

/** Where a switch holds. */
export type SwitchScope =
  | { readonly level: 'global' }
  | { readonly level: 'tenant'; readonly tenant_id: TenantId }
  | { readonly level: 'campaign'; readonly tenant_id: TenantId; readonly campaign_id: string }
  | { readonly level: 'repository'; readonly tenant_id: TenantId; readonly repository: string }
  | { readonly level: 'capability'; readonly tenant_id: TenantId; readonly capability: string }

/** What a thrown switch does. */
export const SWITCH_ACTIONS = [
  'no_new_runs',
  'cancel_running_runs',
  'no_pull_requests',
  'no_autonomous_runs',
  'pause_waves',
  'block_repository',
  'no_shell_network',
] as const

export type SwitchAction = (typeof SWITCH_ACTIONS)[number]

/** A switch as it stands; the epoch grows with every move, so that an old reading is told from a new one. */
export interface KillSwitch {
  readonly scope: SwitchScope
  readonly actions: readonly SwitchAction[]
  readonly epoch: number
  readonly moved_by: string
  readonly moved_at: string
  readonly reason: string
}

/** What one act concerns. */
export interface SwitchQuestion {
  readonly tenant_id: TenantId
  readonly campaign_id: string | null
  readonly repository: string
  readonly capability: string
  /** True where no person looks before something is published; absent means false. */
  readonly autonomous?: boolean
}

/** How long an unread state is believed; afterwards everything counts as stopped. */
export const STATE_UNKNOWN_AFTER_MS = 10_000

/** Whether a switch concerns this. */
export function concerns(scope: SwitchScope, question: SwitchQuestion): boolean {
  if (scope.level === 'global') return true
  if (scope.tenant_id !== question.tenant_id) return false
  if (scope.level === 'tenant') return true
  if (scope.level === 'campaign') return scope.campaign_id === question.campaign_id
  return scope.level === 'repository'
    ? scope.repository === question.repository
    : scope.capability === question.capability
}
