import type { TenantId } from '#domain/ids'

/** How many runs of a tenant workers may hold at once. */
export interface TenantLimits {
  /** Null means no limit, 0 means none. A tenant of which nothing was said has no limit. */
  maxRunning(tenant: TenantId): Promise<number | null>
  /** Counts from the next lease on; what is held stays held. @throws GanderError `usage` for what is no such number */
  setMaxRunning(tenant: TenantId, max_running: number | null, by: string): Promise<void>
}
