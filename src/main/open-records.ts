import { createAuditTrail, createTenantLimits, type Database } from '#adapters/postgres'
import type { TenantId } from '#domain/ids'
import type { Audit, AuditTrail, PolicyDesk, Retention, TenantLimits } from '#ports'
import { openAudit, openRetention } from './open-audit.ts'
import { policyDeskOver } from './policy-desk.ts'
import type { PlatformSettings, SharedParts } from './shared-parts.ts'
import { identifiers } from './system-clock.ts'

/** So many decisions of one replay are held in the memory of a server that answers others as well. */
const MOST_REPLAYED = 20_000

interface RecordGround {
  readonly settings: PlatformSettings
  readonly shared: Pick<SharedParts, 'redactor' | 'policy_bundles'>
  readonly database: Database
}

/** What a server's API has of a tenant's records besides its runs. */
interface Records {
  readonly audit: Audit & Pick<AuditTrail, 'head'>
  readonly retention: Retention
  readonly limits: TenantLimits
  readonly policy_desk: (tenant: TenantId) => PolicyDesk
}

/** Wires the audit trail, retention, limits and policies of every tenant for a server. */
export function openRecords({ settings, shared, database }: RecordGround): Records {
  const trail = createAuditTrail({ database, identifiers })
  const { home } = settings
  const bundles = async () => shared.policy_bundles
  return {
    audit: {
      ...openAudit({ settings, database, redactor: shared.redactor }),
      head: (tenant) => trail.head(tenant),
    },
    retention: openRetention({ settings, database }),
    limits: createTenantLimits({ database, identifiers }),
    policy_desk: (tenant) => policyDeskOver({ home, tenant, bundles, most_replayed: MOST_REPLAYED }),
  }
}
