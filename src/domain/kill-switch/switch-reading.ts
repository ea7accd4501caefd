import type { KillSwitch, SwitchScope } from './kill-switch.ts'

/** All switches that concern a tenant, released ones too, and how often any of them was moved. */
export interface SwitchReading {
  readonly switches: readonly KillSwitch[]
  /** Counted apart from the switches' own epochs, which must add up to it: a row that is gone shows. */
  readonly moves: number
  /** The database's time. */
  readonly read_at: string
}

/** One text for each scope. */
function scopeKey(scope: SwitchScope): string {
  return scope.level === 'global' ? 'global' : `${scope.tenant_id}/${scope.level}/${subjectOf(scope)}`
}

/** How people say it: `over everything`, `over the tenant`, `over the repository URL`. */
export function scopeName(scope: SwitchScope): string {
  if (scope.level === 'global') return 'over everything'
  return scope.level === 'tenant' ? 'over the tenant' : `over the ${scope.level} ${subjectOf(scope)}`
}

function subjectOf(scope: Exclude<SwitchScope, { level: 'global' }>): string {
  switch (scope.level) {
    case 'tenant':
      return ''
    case 'campaign':
      return scope.campaign_id
    case 'repository':
      return scope.repository
    case 'capability':
      return scope.capability
    default:
      return scope satisfies never
  }
}

/**
 * Whether a reading may take the place of an earlier one: nothing that was known is missing or went back, and the count
 * of moves is borne out. Otherwise the state is unknown.
 */
export function isLater(reading: SwitchReading, earlier: SwitchReading | undefined): boolean {
  const epochs = new Map(reading.switches.map(({ scope, epoch }) => [scopeKey(scope), epoch]))
  const sum = [...epochs.values()].reduce((total, epoch) => total + epoch, 0)
  if (sum !== reading.moves || reading.moves < (earlier?.moves ?? 0)) return false
  return (earlier?.switches ?? []).every(({ scope, epoch }) => (epochs.get(scopeKey(scope)) ?? 0) >= epoch)
}
