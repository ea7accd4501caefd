import type { PoolClient } from 'pg'
import type { EventDraft } from '#domain/event'
import { GanderError } from '#domain/failure'
import type { RunId, TenantId } from '#domain/ids'
import { RUN_STATES, isEnd } from '#domain/run'
import type { ExpiryReason, HeldArtifact, Identifiers, LegalHold, OldPayload, RetentionRecords } from '#ports'
import type { Database } from '../database/open-database.ts'
import { eventRows, PLATFORM, type Actor } from './ledger-events.ts'
import { inTenant, plain, query, type EventContext } from './store-context.ts'

const ENDED = `(${RUN_STATES.filter(isEnd)
  .map((state) => `'${state}'`)
  .join(', ')})`
/** A run `r` that nothing protects: it ended, and nobody asked to keep it. */
const FREE = `r.state in ${ENDED} and not exists (select 1 from gander.legal_hold h
  where h.tenant_id = r.tenant_id and h.run_id = r.id and h.released_at is null)`
const EMPTY = 'gander.expired_payload()::text'

const CANDIDATES = {
  name: 'retention_candidates',
  text: `select a.id, a.run_id, a.kind, a.name, a.sha256, a.bytes, a.data_class, a.created_at from gander.artifact a
    join gander.run r on r.tenant_id = a.tenant_id and r.id = a.run_id
    where a.tenant_id = $1 and a.created_at < $2 and a.expired_at is null and ${FREE}
      and ($3::text is null or a.id > $3)
    order by a.id limit $4`,
}
const PACKETS = {
  name: 'retention_packets',
  text: `select a.sha256 from gander.artifact a where a.tenant_id = $1 and a.kind = 'evidence_packet'
    and a.created_at >= $2 and a.expired_at is null`,
}
const EXPIRE = {
  name: 'retention_expire',
  text: `update gander.artifact a set expired_at = clock_timestamp(), expired_rule = $3
    from gander.run r where a.tenant_id = $1 and a.id = $2 and a.expired_at is null
      and r.tenant_id = a.tenant_id and r.id = a.run_id and ${FREE}`,
}
const UNREMOVED = {
  name: 'retention_unremoved',
  text: `select distinct sha256 from gander.artifact
    where tenant_id = $1 and expired_at is not null and removed_at is null and sha256 > $2
    order by sha256 limit $3`,
}
const REFERS = {
  name: 'retention_refers',
  text: 'select 1 as found from gander.artifact where tenant_id = $1 and sha256 = $2 and expired_at is null limit 1',
}
const REMOVED = {
  name: 'retention_removed',
  text: `update gander.artifact set removed_at = clock_timestamp()
    where tenant_id = $1 and sha256 = $2 and expired_at is not null and removed_at is null`,
}
const STEP_OUTCOMES = {
  name: 'retention_step_outcomes',
  text: `select s.run_id, count(*) as count, sum(octet_length(s.outcome::text)) as bytes,
      encode(sha256(convert_to(string_agg(s.outcome_sha256, E'\\n' order by s.n), 'UTF8')), 'hex') as digest
    from gander.step s join gander.run r on r.tenant_id = s.tenant_id and r.id = s.run_id
    where s.tenant_id = $1 and r.updated_at < $2 and ${FREE} and s.outcome_at is not null and s.outcome::text <> ${EMPTY}
    group by s.run_id order by s.run_id limit $3`,
}
const MODEL_ANSWERS = {
  name: 'retention_model_answers',
  text: `select e.run_id, count(*) as count, sum(octet_length(e.answer::text)) as bytes,
      encode(sha256(convert_to(string_agg(e.call_key || ' ' || e.request_sha256, E'\\n' order by e.call_key), 'UTF8')),
        'hex') as digest
    from gander.exchange e join gander.run r on r.tenant_id = e.tenant_id and r.id = e.run_id
    where e.tenant_id = $1 and r.updated_at < $2 and ${FREE} and e.answer is not null and e.answer::text <> ${EMPTY}
    group by e.run_id order by e.run_id limit $3`,
}
const EMPTY_STEPS = {
  name: 'retention_empty_steps',
  text: `update gander.step s set outcome = gander.expired_payload() from gander.run r
    where s.tenant_id = $1 and s.run_id = $2 and s.outcome_at is not null and s.outcome::text <> ${EMPTY}
      and r.tenant_id = s.tenant_id and r.id = s.run_id and ${FREE}`,
}
const EMPTY_ANSWERS = {
  name: 'retention_empty_answers',
  text: `update gander.exchange e set answer = gander.expired_payload() from gander.run r
    where e.tenant_id = $1 and e.run_id = $2 and e.answer is not null and e.answer::text <> ${EMPTY}
      and r.tenant_id = e.tenant_id and r.id = e.run_id and ${FREE}`,
}
const HOLDS = {
  name: 'legal_holds',
  text: `select run_id, reason, placed_by, placed_at from gander.legal_hold
    where tenant_id = $1 and released_at is null order by placed_at, run_id`,
}
const RUN_THERE = {
  name: 'held_run',
  text: 'select 1 as found from gander.run where tenant_id = $1 and id = $2 for share',
}
const HOLD = {
  name: 'place_legal_hold',
  text: `insert into gander.legal_hold as h (tenant_id, run_id, reason, placed_by) values ($1, $2, $3, $4)
    on conflict (tenant_id, run_id) do update set reason = excluded.reason, placed_by = excluded.placed_by,
      placed_at = clock_timestamp(), released_at = null
    returning run_id, reason, placed_by, placed_at`,
}
const RELEASE = {
  name: 'release_legal_hold',
  text: `update gander.legal_hold set released_at = clock_timestamp()
    where tenant_id = $1 and run_id = $2 and released_at is null`,
}
const APPEND = { name: 'append_retention_events', text: 'select gander.append_events($1, null, null, $2)' }
const NOW = { name: 'retention_now', text: 'select clock_timestamp() as now' }
const LOCK = { text: 'select pg_try_advisory_lock($1::bigint) as held', values: [7_164_410_024] }

/** What is kept and what was let go, in PostgreSQL. Every change leaves its event in the same transaction. */
export function createRetentionRecords(parts: {
  readonly database: Pick<Database, 'pool' | 'connect'>
  readonly identifiers: Identifiers
}): RetentionRecords {
  const { database, identifiers } = parts
  const store: EventContext = { pool: database.pool, identifiers }
  const reading = <Row extends object>(tenant: TenantId, statement: typeof HOLDS, values: readonly unknown[]) =>
    inTenant(store.pool, tenant, (client) => query<Row>(client, statement, [tenant, ...values]))
  return {
    now: async () => (await query<{ now: string }>(store.pool, NOW, []))[0]?.now ?? new Date(0).toISOString(),
    candidates: (tenant, before, after, limit) => reading<HeldArtifact>(tenant, CANDIDATES, [before, after, limit]),
    packets: async (tenant, since) =>
      (await reading<{ sha256: string }>(tenant, PACKETS, [since])).map(({ sha256 }) => sha256),
    expire: (tenant, artifact, reason) => expire(store, tenant, artifact, reason),
    unremoved: async (tenant, after, limit) =>
      (await reading<{ sha256: string }>(tenant, UNREMOVED, [after, limit])).map(({ sha256 }) => sha256),
    refers: async (tenant, sha256) => (await reading(tenant, REFERS, [sha256])).length > 0,
    removed: async (tenant, sha256, reason) => {
      const draft: EventDraft = { event: 'artifact_deleted', facts: { sha256, reason }, ...artifactOf(sha256) }
      await changing(store, tenant, { statement: REMOVED, values: [sha256], drafts: [draft], actor: PLATFORM })
    },
    payloads: (tenant, of, before, limit) => payloads(store, tenant, { of, before, limit }),
    expirePayload: (tenant, payload, reason) => expirePayload(store, tenant, payload, reason),
    holds: (tenant) => reading<LegalHold>(tenant, HOLDS, []),
    hold: (tenant, run, by, reason) => hold(store, tenant, { run, by, reason }),
    release: (tenant, run, by, reason) =>
      changing(store, tenant, {
        statement: RELEASE,
        values: [run],
        drafts: [{ event: 'legal_hold_released', facts: { run, reason: plain(reason), by: plain(by) }, ...runOf(run) }],
        actor: { actor_type: 'person', actor: by },
      }),
    exclusively: (work) => exclusively(database, work),
  }
}

const artifactOf = (sha256: string) => ({ resource_type: 'artifact', resource_id: sha256 })
const runOf = (run: RunId) => ({ resource_type: 'run', resource_id: run })

function expire(store: EventContext, tenant: TenantId, artifact: HeldArtifact, reason: ExpiryReason) {
  const { id, sha256, kind, name, data_class, bytes, run_id } = artifact
  const facts = { sha256, kind, name, data_class, bytes, run_id, rule: reason.rule, days: reason.days }
  const draft: EventDraft = { event: 'artifact_expired', facts, ...artifactOf(sha256) }
  return changing(store, tenant, { statement: EXPIRE, values: [id, reason.rule], drafts: [draft], actor: by(reason) })
}

function expirePayload(store: EventContext, tenant: TenantId, payload: OldPayload, reason: ExpiryReason) {
  const { run_id, of, count, bytes, digest } = payload
  const facts = { of, count, bytes, digest, run_id, rule: reason.rule, days: reason.days }
  const draft: EventDraft = { event: 'payload_expired', facts, ...runOf(run_id) }
  const statement = of === 'step_outcome' ? EMPTY_STEPS : EMPTY_ANSWERS
  return changing(store, tenant, { statement, values: [run_id], drafts: [draft], actor: by(reason) })
}

const by = (reason: ExpiryReason): Actor => ({ actor_type: 'service', actor: reason.by })

interface Change {
  readonly statement: typeof HOLDS
  readonly values: readonly unknown[]
  readonly drafts: readonly EventDraft[]
  readonly actor: Actor
}

/** One statement and its events, in one transaction; without a row that was changed there is no event. */
function changing(
  store: EventContext,
  tenant: TenantId,
  { statement, values, drafts, actor }: Change,
): Promise<boolean> {
  return inTenant(store.pool, tenant, async (client) => {
    const answer = await client.query({ ...statement, values: [tenant, ...values] })
    if ((answer.rowCount ?? 0) === 0) return false
    await append(store, client, tenant, { drafts, actor })
    return true
  })
}

const append = (
  store: EventContext,
  client: PoolClient,
  tenant: TenantId,
  { drafts, actor }: Pick<Change, 'drafts' | 'actor'>,
) => query(client, APPEND, [tenant, eventRows(store, drafts, tenant, actor)])

interface Wanted {
  readonly of: OldPayload['of']
  readonly before: string
  readonly limit: number
}

async function payloads(store: EventContext, tenant: TenantId, { of, before, limit }: Wanted) {
  const statement = of === 'step_outcome' ? STEP_OUTCOMES : MODEL_ANSWERS
  const rows = await inTenant(store.pool, tenant, (client) =>
    query<Omit<OldPayload, 'of'>>(client, statement, [tenant, before, limit]),
  )
  return rows.map((row) => ({ ...row, of }))
}

interface Holding {
  readonly run: RunId
  readonly by: string
  readonly reason: string
}

function hold(store: EventContext, tenant: TenantId, { run, by: person, reason }: Holding): Promise<LegalHold> {
  return inTenant(store.pool, tenant, async (client) => {
    const found = await query(client, RUN_THERE, [tenant, run])
    if (found.length === 0) throw new GanderError('run_not_found', `There is no run ${run}.`, { facts: { run } })
    const [placed] = await query<LegalHold>(client, HOLD, [tenant, run, plain(reason), plain(person)])
    if (placed === undefined) throw new GanderError('internal', 'A placed hold was not returned.')
    const draft: EventDraft = {
      event: 'legal_hold_placed',
      facts: { run, reason: plain(reason), by: plain(person) },
      ...runOf(run),
    }
    await append(store, client, tenant, { drafts: [draft], actor: { actor_type: 'person', actor: person } })
    return placed
  })
}

/** The lock lives as long as its connection: a process that dies leaves none. */
async function exclusively<Value>(
  database: Pick<Database, 'connect'>,
  work: () => Promise<Value>,
): Promise<Value | undefined> {
  const client = await database.connect()
  try {
    const answer = await client.query<{ held: boolean }>(LOCK)
    return answer.rows[0]?.held === true ? await work() : undefined
  } finally {
    await client.end()
  }
}
