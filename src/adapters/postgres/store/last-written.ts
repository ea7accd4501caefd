import type { RunId, TenantId } from '#domain/ids'
import type { Run } from '#domain/run'

/** Runs that this process holds, as it last wrote them. What is decided on one is written only at that version. */
export interface LastWritten {
  get(tenant: TenantId, run: RunId): Run | undefined
  /** Keeps a run while it is held, and drops it otherwise. */
  keep(run: Run): void
  drop(tenant: TenantId, run: RunId): void
}

/** A process holds a few runs; one that it lost is pushed out by others. */
const MOST = 1_000

export function createLastWritten(): LastWritten {
  const runs = new Map<string, Run>()
  const keyOf = (tenant: TenantId, run: RunId): string => `${tenant}/${run}`
  return {
    get: (tenant, run) => runs.get(keyOf(tenant, run)),
    keep: (run) => {
      const key = keyOf(run.tenant_id, run.id)
      runs.delete(key)
      if (!('lease' in run)) return
      runs.set(key, run)
      const [oldest] = runs.size > MOST ? runs.keys() : []
      if (oldest !== undefined) runs.delete(oldest)
    },
    drop: (tenant, run) => void runs.delete(keyOf(tenant, run)),
  }
}
