import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import type { ActiveBundle, PolicyBundle, SealedBundle } from '#domain/policy'
import type { Task } from '#domain/task'
import type { Identifiers, KeptBundle, PolicyBundles, PolicyDecision, RecordedDecision } from '#ports'
import type { PoolClient } from 'pg'
import type { Database } from '../database/open-database.ts'
import { eventRows } from './ledger-events.ts'
import { keyOf, pageOf } from './pages.ts'
import { decisionOf } from './read-runs.ts'
import { changedSince } from './recorded-change.ts'
import { inTenant, plain, query, type EventContext } from './store-context.ts'

const KEEP = {
  name: 'keep_policy_bundle',
  text: `insert into gander.policy_bundle (tenant_id, sha256, bundle, signature, kept_by) values ($1, $2, $3, $4, $5)
    on conflict (tenant_id, sha256) do nothing`,
}
const READ = {
  name: 'policy_bundle',
  text: 'select sha256, bundle, signature from gander.policy_bundle where tenant_id = $1 and sha256 = $2',
}
const ACTIVE = {
  name: 'active_policy_bundle',
  text: `select b.sha256, b.bundle, a.signature, a.activated_at, a.activated_by, a.reason
    from gander.policy_activation a join gander.policy_bundle b on b.tenant_id = a.tenant_id and b.sha256 = a.sha256
    where a.tenant_id = $1 order by a.position desc limit 1`,
}
const HISTORY = {
  name: 'policy_activations',
  text: `select sha256, activated_at, activated_by, reason from gander.policy_activation
    where tenant_id = $1 order by position desc limit $2`,
}
const VERSIONS = {
  name: 'policy_versions',
  text: `select b.sha256, b.kept_by, b.kept_at, b.signature is not null and b.signature::text <> 'null' as is_signed,
      coalesce(b.sha256 = (select a.sha256 from gander.policy_activation a where a.tenant_id = $1
        order by a.position desc limit 1), false) as is_active, k.at
    from gander.policy_bundle b, lateral (select (extract(epoch from b.kept_at) * 1000000)::bigint as at) k
    where b.tenant_id = $1 and ($2::bigint is null or (k.at, b.sha256) < ($2, $3))
    order by k.at desc, b.sha256 desc limit $4`,
}
const ACTIVATE = {
  name: 'activate_policy_bundle',
  text: `insert into gander.policy_activation (tenant_id, sha256, signature, activated_by, reason)
    values ($1, $2, $3, $4, $5)`,
}
const LOCK = { name: 'lock_policy', text: "select pg_advisory_xact_lock(hashtextextended('gander.policy:' || $1, 0))" }
const APPEND = { name: 'append_policy_events', text: 'select gander.append_events($1, null, null, $2)' }
const DECISIONS = `select d.*, t.contract from gander.policy_decision d
  join gander.run r on r.tenant_id = d.tenant_id and r.id = d.run_id
  join gander.task t on t.tenant_id = r.tenant_id and t.id = r.task_id where d.tenant_id = $1`
const SINCE = {
  name: 'decisions_since',
  text: `${DECISIONS} and d.created_at >= $2 order by d.created_at, d.decision_id limit $3`,
}
const DECISION = { name: 'decision_with_task', text: `${DECISIONS} and d.decision_id = $2` }

interface BundleRow {
  readonly sha256: string
  readonly bundle: string
  readonly signature: SealedBundle['signature']
}
type VersionRow = KeptBundle & { readonly at: number }
type ActiveRow = BundleRow & Omit<ActiveBundle, keyof SealedBundle>
type DecisionRow = PolicyDecision & { readonly contract: Task; readonly created_at: string }

/** Policy bundles in PostgreSQL; a row is never changed, and an activation is one transaction with its event. */
export function createPolicyBundles(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): PolicyBundles {
  const { pool } = parts.database
  const store: EventContext = { pool, identifiers: parts.identifiers }
  return {
    keep: (tenant, sealed, by) => inTenant(pool, tenant, (client) => keep(client, tenant, { sealed, by })),
    read: (tenant, sha256) =>
      inTenant(pool, tenant, async (client) => {
        const [row] = await query<BundleRow>(client, READ, [tenant, sha256])
        return row === undefined ? undefined : sealedOf(row)
      }),
    active: (tenant) => inTenant(pool, tenant, (client) => active(client, tenant)),
    versions: (tenant, page) =>
      inTenant(pool, tenant, async (client) => {
        const [before = null, name = null] = keyOf(page.cursor, ['number', 'string']) ?? []
        const rows = await query<VersionRow>(client, VERSIONS, [tenant, before, name, page.limit + 1])
        return pageOf(rows, page, { item: keptOf, key: ({ at, sha256 }) => [at, sha256] })
      }),
    activate: (tenant, sealed, activation) =>
      inTenant(pool, tenant, (client) => activate(store, client, { tenant, sealed, ...activation })),
    history: (tenant, limit) => inTenant(pool, tenant, (client) => query(client, HISTORY, [tenant, limit])),
    decisionsSince: (tenant, since, limit) =>
      inTenant(pool, tenant, async (client) =>
        (await query<DecisionRow>(client, SINCE, [tenant, since, limit])).map(recordedOf),
      ),
    decision: (tenant, id) =>
      inTenant(pool, tenant, async (client) => {
        const [row] = await query<DecisionRow>(client, DECISION, [tenant, id])
        return row === undefined ? undefined : recordedOf(row)
      }),
  }
}

const keptOf = ({ sha256, kept_by, kept_at, is_signed, is_active }: VersionRow): KeptBundle => ({
  sha256,
  kept_by,
  kept_at,
  is_signed,
  is_active,
})

interface Kept {
  readonly sealed: SealedBundle
  readonly by: string
}

async function keep(client: PoolClient, tenant: TenantId, { sealed, by }: Kept): Promise<void> {
  const text = canonicalJson(sealed.bundle)
  await query(client, KEEP, [tenant, sealed.sha256, text, JSON.stringify(sealed.signature), plain(by)])
}

interface Activation extends Kept {
  readonly tenant: TenantId
  readonly reason: string
  readonly instead_of?: string | null
}

async function activate(
  store: EventContext,
  client: PoolClient,
  { tenant, sealed, by, reason, instead_of }: Activation,
): Promise<ActiveBundle> {
  await query(client, LOCK, [tenant])
  const before = await active(client, tenant)
  if (instead_of !== undefined && (before?.sha256 ?? null) !== instead_of) throw changedSince('The active policy')
  await keep(client, tenant, { sealed, by })
  const { sha256, signature } = sealed
  await query(client, ACTIVATE, [tenant, sha256, JSON.stringify(signature), plain(by), plain(reason)])
  const facts = { from: before?.sha256 ?? null, to: sha256, by, reason }
  const draft = { event: 'policy_changed' as const, facts, resource_type: 'policy', resource_id: sha256 }
  await query(client, APPEND, [tenant, eventRows(store, [draft], tenant, { actor_type: 'person', actor: by })])
  const now = await active(client, tenant)
  if (now === undefined) throw new GanderError('internal', 'An activated policy bundle was not returned.')
  return now
}

async function active(client: PoolClient, tenant: TenantId): Promise<ActiveBundle | undefined> {
  const [row] = await query<ActiveRow>(client, ACTIVE, [tenant])
  if (row === undefined) return undefined
  const { activated_at, activated_by, reason } = row
  return { ...sealedOf(row), activated_at, activated_by, reason }
}

// Its hash is checked by whoever opens it: what is not the text that was kept has another one.
const sealedOf = ({ sha256, bundle, signature }: BundleRow): SealedBundle => ({
  sha256,
  bundle: JSON.parse(bundle) as PolicyBundle,
  signature,
})

const recordedOf = (row: DecisionRow): RecordedDecision => ({
  decision: decisionOf(row),
  task: row.contract,
  created_at: row.created_at,
})
