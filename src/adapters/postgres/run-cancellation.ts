import type { RunId, TenantId } from '#domain/ids'
import type { Database } from './database/open-database.ts'
import { queryOf } from './store/store-context.ts'

const CANCELLED = {
  name: 'cancellation_of_run',
  text: `select coalesce(cancel_requested_by, 'whoever ended the run') as by from gander.run
    where tenant_id = $1 and id = $2 and (cancel_requested_by is not null or state = 'cancelled')`,
}

/** Who asked that a run end; undefined where nobody did, and where there is no such run. */
export function createRunCancellations({ database }: { readonly database: Pick<Database, 'pool'> }) {
  return async (tenant: TenantId, run: RunId): Promise<string | undefined> => {
    const [row] = await queryOf<{ by: string }>({ pool: database.pool, tenant }, CANCELLED, [tenant, run])
    return row?.by
  }
}
