import { GanderError } from '#domain/failure'
import type { TenantLimits } from '#ports'
import { settingsContext, changeRow, type SettingsParts } from './recorded-change.ts'
import { queryOf } from './store-context.ts'

const READ = { name: 'max_running', text: 'select max_running from gander.tenant_queue where tenant_id = $1' }
const SET = {
  name: 'set_max_running',
  text: `insert into gander.tenant_queue as q (tenant_id, max_running) values ($1, $2)
    on conflict (tenant_id) do update set max_running = excluded.max_running returning max_running`,
}

interface LimitRow {
  readonly max_running: number | null
}

/** Limits of tenants in PostgreSQL; the claim of a run reads them under the lock of the tenant's row. */
export function createTenantLimits(parts: SettingsParts): TenantLimits {
  const store = settingsContext(parts)
  return {
    maxRunning: async (tenant) =>
      (await queryOf<LimitRow>({ ...store, tenant }, READ, [tenant]))[0]?.max_running ?? null,
    setMaxRunning: async (tenant, max_running, by) => {
      if (max_running !== null && !(Number.isInteger(max_running) && max_running >= 0 && max_running < 1_000_000))
        throw new GanderError('usage', `${max_running} is no number of runs.`, {
          remedy: 'Give a whole number of at least 0, which means none, or null for no limit.',
        })
      const event = { event: 'admin_override', facts: { by, what: 'runs held at once', max_running } } as const
      const absent = () => new GanderError('internal', 'A limit that was set was not returned.')
      await changeRow<LimitRow>(store, tenant, by, { statement: SET, values: [tenant, max_running], event, absent })
    },
  }
}
