import type { Usage } from '#domain/conversation'
import type { TenantId } from '#domain/ids'
import type { ModelApi } from '#domain/task'
import type { GuestBudget, GuestExchange, GuestStop, RunSpending } from '#ports'
import type { Database } from './database/open-database.ts'
import { scopeRefusal } from './store/scope-budgets.ts'
import { plain, plainOrNull, query, queryOf, type Statement } from './store/store-context.ts'

const STANDING = {
  name: 'guest_standing',
  text: `select case when fence <> $3 or worker is null or lease_expires_at <= clock_timestamp() then 'lease_lost'
    when cancel_requested_by is not null then 'cancelled' else 'held' end as standing
    from gander.run where tenant_id = $1 and id = $2`,
}
const RESERVE = {
  name: 'reserve_guest_call',
  text: 'select * from gander.reserve_guest_call($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
}
const SETTLE = {
  name: 'settle_guest_call',
  text: `select gander.settle_guest_call($1, $2, $3, $4, $5, $6, $7, $8, $9, $10),
    gander.keep_exchange($1, $11, $2, $10, $12)`,
}
const REFUSE = {
  name: 'refuse_guest_call',
  text: `insert into gander.guest_exchange (tenant_id, call_key, run_id, key_prefix, n, fence, api, model,
      request_sha256, policy_version, reserved_usd, reserved_tokens, outcome, reason, settled_at)
    values ($1, $4 || '/' || $5::integer, $2, $4, $5, $3, $6, $7, $8, $9, 0, 0, 'refused', $10, clock_timestamp())
    on conflict do nothing`,
}
const EXCHANGES = {
  name: 'guest_exchanges',
  text: `select call_key, api, coalesce(reported_model, model) as reported_model, outcome, reason, usage,
      cost_usd::float8 as cost_usd, duration_ms::float8 as duration_ms, exchange_sha256
    from gander.guest_exchange where tenant_id = $1 and run_id = $2 and key_prefix = $3 and outcome <> 'sent' order by n`,
}
const SPENDING = {
  name: 'run_spending',
  text: `select cost_usd::float8 as cost_usd, reserved_usd::float8 as reserved_usd, tokens::float8 as tokens,
      reserved_tokens::float8 as reserved_tokens
    from gander.budget where tenant_id = $1 and run_id = $2`,
}
const OPEN = {
  name: 'tenants_with_open_guest_calls',
  text: 'select tenant_id from gander.tenants_with_open_guest_calls() as tenant_id',
}
const ABANDON = {
  name: 'abandon_guest_calls',
  text: `select gander.settle_guest_call(tenant_id, call_key, 'unknown', 'the gateway ended before it was settled',
    null, null, null, null, 0, null) from gander.guest_exchange where tenant_id = $1 and outcome = 'sent'`,
}
const NOTHING_KNOWN: Usage = { input_tokens: null, output_tokens: null, cached_input_tokens: null }

interface ReservedRow {
  readonly status: 'reserved' | GuestStop
  readonly pressure: number
  readonly used: string | number | null
  readonly of_limit: string | number | null
}

interface ExchangeRow extends Omit<GuestExchange, 'usage' | 'api'> {
  readonly api: ModelApi
  readonly usage: Usage | null
}

/** Guests' calls on their run's budget. Money is reserved and settled by functions that lock the budget's row. */
export function createGuestBudget({ database }: { readonly database: Pick<Database, 'pool'> }): GuestBudget {
  const { pool } = database
  const of = <Row extends object>(tenant: string, statement: Statement, values: readonly unknown[]) =>
    queryOf<Row>({ pool, tenant: tenant as TenantId }, statement, values)
  return {
    standing: async ({ tenant_id, run_id, fence }) => {
      const values = [tenant_id, run_id, fence]
      const [row] = await of<{ standing: 'held' | 'lease_lost' | 'cancelled' }>(tenant_id, STANDING, values)
      return row?.standing ?? 'lease_lost'
    },
    reserve: async (start, wanted) => {
      const reserved = await of<ReservedRow>(start.tenant_id, RESERVE, [
        ...identityOf(start, wanted),
        wanted.worst_usd,
        Math.ceil(wanted.worst_tokens),
        wanted.max_cost_usd,
        wanted.max_tokens,
      ]).catch(scopeRefusal)
      if ('scope' in reserved) return { status: 'cost_exhausted', used: reserved.used, limit: reserved.limit }
      const [row] = reserved
      if (row === undefined) return { status: 'lease_lost', used: 0, limit: 0 }
      if (row.status === 'reserved') return { status: row.status, pressure: row.pressure }
      return { status: row.status, used: Number(row.used ?? 0), limit: Number(row.of_limit ?? 0) }
    },
    settle: async ({ tenant_id, run_id, key_prefix }, settled) => {
      const { n, outcome, reason, reported_model, usage, cost_usd, tokens, duration_ms, exchange } = settled
      await of(tenant_id, SETTLE, [
        tenant_id,
        `${key_prefix}/${n}`,
        outcome,
        plainOrNull(reason),
        plain(reported_model),
        JSON.stringify(usage),
        cost_usd,
        tokens === null ? null : Math.ceil(tokens),
        Math.round(duration_ms),
        exchange?.sha256 ?? null,
        run_id,
        exchange?.bytes ?? null,
      ])
    },
    refuse: async (start, refused, reason) => {
      await of(start.tenant_id, REFUSE, [...identityOf(start, refused), plain(reason)])
    },
    exchanges: async ({ tenant_id, run_id, key_prefix }) => {
      const rows = await of<ExchangeRow>(tenant_id, EXCHANGES, [tenant_id, run_id, key_prefix])
      return rows.map((row) => ({ ...row, usage: row.usage ?? NOTHING_KNOWN }))
    },
    spending: async (tenant_id, run_id) => (await of<RunSpending>(tenant_id, SPENDING, [tenant_id, run_id]))[0],
    abandon: async () => {
      let abandoned = 0
      for (const { tenant_id } of await query<{ tenant_id: string }>(pool, OPEN, []))
        abandoned += (await of(tenant_id, ABANDON, [tenant_id])).length
      return abandoned
    },
  }
}

/** The values that both ways of recording a call begin with. */
function identityOf(
  start: Parameters<GuestBudget['reserve']>[0],
  call: Parameters<GuestBudget['refuse']>[1],
): readonly unknown[] {
  return [
    start.tenant_id,
    start.run_id,
    start.fence,
    start.key_prefix,
    call.n,
    call.model.api,
    plain(call.model.model),
    call.request_sha256,
    call.policy_version,
  ]
}
