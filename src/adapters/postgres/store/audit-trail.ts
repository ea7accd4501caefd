import { escapeLiteral, type PoolClient } from 'pg'
import type { TenantId } from '#domain/ids'
import { CHAIN_START, type GatewayAct, type GatewayHead } from '#domain/ledger'
import type {
  AuditArtifact,
  AuditFilter,
  AuditHead,
  AuditRecord,
  AuditTrail,
  Identifiers,
  Page,
  PageWish,
} from '#ports'
import type { EventDraft, LedgerEvent } from '#domain/event'
import { pgFailure } from '../database/pg-failure.ts'
import type { Database } from '../database/open-database.ts'
import { eventRows, ledgerEventOf, PLATFORM, type LedgerRow } from './ledger-events.ts'
import { keyOf, pageOf } from './pages.ts'
import { inTenant, inTransaction, query } from './store-context.ts'

const PAGE = 1_000
const BEFORE_ALL = '-infinity'

const APPEND = { name: 'append_audit_note', text: 'select gander.append_events($1, null, null, $2)' }
const TENANTS = { name: 'audit_tenants', text: 'select tenant_id from gander.tenant order by tenant_id' }
const CHAIN_HEAD = {
  name: 'audit_chain_head',
  text: `select clock_timestamp() as read_at, h.seq, h.hash from (select 1) one
    left join gander.ledger_head h on h.tenant_id = $1`,
}
const GATEWAY_HEADS = {
  name: 'audit_gateway_heads',
  text: 'select gateway, seq, hash from gander.gateway_head where tenant_id = $1 order by gateway',
}
const CHAIN = {
  name: 'audit_chain',
  text: `select * from gander.audit_event where tenant_id = $1 and seq > $2 and created_at >= $3::timestamptz
    order by seq limit $4`,
}
const LIST = {
  name: 'audit_list',
  text: `select * from gander.audit_event where tenant_id = $1 and seq < $2
      and ($3::text is null or run_id = $3) and ($4::text is null or actor = $4) and ($5::text is null or event = $5)
      and ($6::timestamptz is null or created_at >= $6) and ($7::timestamptz is null or created_at < $7)
    order by seq desc limit $8`,
}
/**
 * What an act's event names, and whether the outcome that carries the event is on record. A guest's turn that was taken
 * up by another worker tells only of the calls of its own start; those of the one before stay without an outcome.
 */
const ACTS = {
  name: 'audit_acts',
  text: `select a.tenant_id, a.gateway, a.seq, a.run_id, a.act_key as key, a.request_hash, a.created_at as at,
      a.previous_hash, a.hash,
      case when m.kind = 'guest' then coalesce(g.fence = m.fence and g.settled_at <= m.outcome_at, false)
        else coalesce(s.outcome_at, m.outcome_at) is not null end as settled,
      case a.gateway when 'model' then a.act_key when 'forge' then a.run_id
        else a.run_id || '/' || t.args_sha256 end as names
    from gander.gateway_act a
    left join gander.step s on a.gateway <> 'model' and s.tenant_id = a.tenant_id and s.run_id = a.run_id
      and s.key = a.act_key
    left join gander.step m on a.gateway = 'model' and m.tenant_id = a.tenant_id and m.run_id = a.run_id
      and m.n = nullif(regexp_replace(split_part(a.act_key, '/', 2), '\\D', '', 'g'), '')::integer
    left join gander.guest_exchange g on m.kind = 'guest' and g.tenant_id = a.tenant_id and g.call_key = a.act_key
    left join gander.tool_call t on t.tenant_id = s.tenant_id and t.run_id = s.run_id and t.step_n = s.n
    where a.tenant_id = $1 and (a.created_at, a.gateway, a.seq) > ($2::timestamptz, $3, $4)
    order by a.created_at, a.gateway, a.seq limit $5`,
}
const ARTIFACTS = {
  name: 'audit_artifacts',
  text: `select position, run_id, kind, name, sha256, bytes, data_class, expired_at from gander.artifact
    where tenant_id = $1 and position > $2 and created_at >= $3::timestamptz order by position limit $4`,
}

type ArtifactRow = AuditArtifact & { readonly position: number }

/** The ledger, the gateways' sequences and the list of artifacts in PostgreSQL, read for one tenant at a time. */
export function createAuditTrail(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): AuditTrail {
  const { database } = parts
  const { pool } = database
  return {
    tenants: () =>
      inTransaction(
        pool,
        async (client) => {
          const rows = await query<{ tenant_id: TenantId }>(client, TENANTS, [])
          return rows.map(({ tenant_id }) => tenant_id)
        },
        "begin; set local gander.installation = 'on'",
      ),
    list: (tenant, filter, page) => inTenant(pool, tenant, (client) => list(client, tenant, filter, page)),
    head: (tenant) => inTenant(pool, tenant, (client) => readHead(client, tenant)),
    chain: (tenant, after, limit) =>
      inTenant(pool, tenant, async (client) =>
        (await query<LedgerRow>(client, CHAIN, [tenant, after, BEFORE_ALL, limit])).map(ledgerEventOf),
      ),
    note: (tenant, event) => note(parts, tenant, event),
    records: (tenant, since) => records(database, tenant, since ?? BEFORE_ALL),
  }
}

async function list(
  client: PoolClient,
  tenant: TenantId,
  filter: AuditFilter,
  page: PageWish,
): Promise<Page<LedgerEvent>> {
  const { run = null, actor = null, event = null, since = null, until = null } = filter
  const [before] = keyOf(page.cursor ?? undefined, ['number']) ?? [Number.MAX_SAFE_INTEGER]
  const values = [tenant, before, run, actor, event, since, until, page.limit + 1]
  const rows = await query<LedgerRow>(client, LIST, values)
  return pageOf(rows, page, { item: ledgerEventOf, key: ({ seq }) => [seq] })
}

async function note(
  { database: { pool }, identifiers }: Parameters<typeof createAuditTrail>[0],
  tenant: TenantId,
  event: EventDraft,
): Promise<void> {
  const rows = eventRows({ pool, identifiers }, [event], tenant, PLATFORM)
  await inTenant(pool, tenant, (client) => query(client, APPEND, [tenant, rows]))
}

interface HeadRow {
  readonly read_at: string
  readonly seq: number | null
  readonly hash: string | null
}

async function readHead(client: PoolClient, tenant: TenantId): Promise<AuditHead> {
  // The sequences first: an act they hold has its event later than that, never earlier.
  const gateways = await query<GatewayHead>(client, GATEWAY_HEADS, [tenant])
  const [row] = await query<HeadRow>(client, CHAIN_HEAD, [tenant])
  const chain =
    typeof row?.seq === 'number' && typeof row.hash === 'string' ? { seq: row.seq, hash: row.hash } : CHAIN_START
  return { chain, gateways, read_at: row?.read_at ?? new Date(0).toISOString() }
}

/** One snapshot for everything, over a connection that is held as long as somebody reads. */
async function* records(
  { pool }: Pick<Database, 'pool'>,
  tenant: TenantId,
  since: string,
): AsyncGenerator<AuditRecord, void, undefined> {
  const client = await pool.connect().catch((error: unknown) => {
    throw pgFailure(error)
  })
  try {
    await client.query(
      `begin isolation level repeatable read read only; set local gander.tenant = ${escapeLiteral(tenant)}`,
    )
    yield* merged(events(client, tenant, since), acts(client, tenant, since))
    yield* artifacts(client, tenant, since)
  } finally {
    const broken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    client.release(broken)
  }
}

/** Acts stand before the events that tell of them, so that whoever pairs them holds only what is under way. */
async function* merged(
  events: AsyncGenerator<LedgerEvent>,
  acts: AsyncGenerator<GatewayAct>,
): AsyncGenerator<AuditRecord, void, undefined> {
  let act = await acts.next()
  for await (const event of events) {
    for (; act.done !== true && act.value.at <= event.created_at; act = await acts.next())
      yield { type: 'act', act: act.value }
    yield { type: 'event', event }
  }
  for (; act.done !== true; act = await acts.next()) yield { type: 'act', act: act.value }
}

async function* events(client: PoolClient, tenant: TenantId, since: string): AsyncGenerator<LedgerEvent> {
  let after = 0
  for (;;) {
    const rows = await query<LedgerRow>(client, CHAIN, [tenant, after, since, PAGE])
    for (const row of rows) yield ledgerEventOf(row)
    after = rows.at(-1)?.seq ?? after
    if (rows.length < PAGE) return
  }
}

async function* acts(client: PoolClient, tenant: TenantId, since: string): AsyncGenerator<GatewayAct> {
  let after: readonly [at: string, gateway: string, seq: number] = [since, '', 0]
  for (;;) {
    const rows = await query<GatewayAct>(client, ACTS, [tenant, ...after, PAGE])
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = [last.at, last.gateway, last.seq]
  }
}

async function* artifacts(
  client: PoolClient,
  tenant: TenantId,
  since: string,
): AsyncGenerator<AuditRecord, void, undefined> {
  let after = 0
  for (;;) {
    const rows = await query<ArtifactRow>(client, ARTIFACTS, [tenant, after, since, PAGE])
    for (const { position: _, ...artifact } of rows) yield { type: 'artifact', artifact }
    after = rows.at(-1)?.position ?? after
    if (rows.length < PAGE) return
  }
}
