import type { MemoryEntry, MemoryKind, MemoryState } from '#domain/memory'
import { confidenceOf, MEMORY_LIMITS, SINGLE_KINDS } from '#domain/memory'
import type { RunId } from '#domain/ids'
import type { Trust } from '#domain/task'
import type { Statement } from './store-context.ts'

/** A row of `memory` as it arrives. */
export interface MemoryRow {
  readonly id: string
  readonly repository: string
  readonly kind: MemoryKind
  readonly body: string
  readonly hash: string
  readonly trust: Trust
  readonly flags: readonly string[]
  readonly state: MemoryState
  readonly item: string
  readonly commit_id: string | null
  readonly run_id: RunId | null
  readonly runs: readonly string[]
  readonly proposed_by: string
  readonly proposed_at: string
  readonly reviewer: string | null
  readonly reviewed_at: string | null
  readonly reason: string
  readonly expires_at: string
  /** Absent where nobody asked. */
  readonly conflicts_with?: readonly string[]
}

/** What lapsed counts as expired at once, whether or not anybody wrote that down yet. */
const STATE = `case when state in ('proposed', 'approved') and expires_at <= clock_timestamp() then 'expired' else state end`
const COLUMNS = `id, repository, kind, body, hash, trust, flags, ${STATE} as state, item, commit_id, run_id, runs,
  proposed_by, proposed_at, reviewer, reviewed_at, reason, expires_at`
const MOST_SHOWN = 500
const SINGLE = `(${SINGLE_KINDS.map((kind) => `'${kind}'`).join(', ')})`
/** Entries in use that say something else of what a row `memory` is about. */
const CONFLICTS = `select other.id from gander.memory other where other.tenant_id = memory.tenant_id
  and other.repository = memory.repository and other.kind = memory.kind and other.item = memory.item and other.item <> ''
  and other.hash <> memory.hash and other.state = 'approved' and other.expires_at > clock_timestamp()
  and memory.kind in ${SINGLE}`
const SEEN = `${COLUMNS}, case when state in ('proposed', 'expired') and body <> '' then array(${CONFLICTS} order by 1) else '{}' end
  as conflicts_with`
/** What nobody may use any more although its time is not over. */
const RETIRED = `(exists (select from gander.tenant t where t.tenant_id = $1 and t.closed_at is not null)
  or exists (select from gander.repository r where r.tenant_id = $1 and r.repository = memory.repository
    and json_array_length(r.allowed_task_classes) = 0))`
const DUE = `tenant_id = $1 and state in ('proposed', 'approved') and (expires_at <= clock_timestamp() or ${RETIRED})`
/** Long expired, and of no run that somebody holds. */
const OLD = `tenant_id = $1 and state = 'expired' and body <> ''
  and expires_at <= clock_timestamp() - interval '${MEMORY_LIMITS.expired_days} days'
  and not exists (select from gander.legal_hold h where h.tenant_id = $1 and h.run_id = memory.run_id
    and h.released_at is null)`

const statement = (name: string, text: string): Statement => ({ name: `memory_${name}`, text })

/** Everything that is said to the table. The tenant is always the first parameter. */
export const MEMORY = {
  /** Bounds are counted and kept by one transaction at a time. */
  lock: statement('lock', "select pg_advisory_xact_lock(hashtextextended('gander.memory:' || $1, 0))"),
  list: statement(
    'list',
    `select ${SEEN} from gander.memory
    where tenant_id = $1 and ($2::text is null or repository = $2) and ($3::text[] is null or ${STATE} = any($3))
    order by state <> 'proposed', repository, proposed_at, id limit ${MOST_SHOWN}`,
  ),
  find: statement('find', `select ${SEEN} from gander.memory where tenant_id = $1 and id = $2`),
  /** Tells what lapsed since somebody looked last. */
  lapse: statement(
    'lapse',
    `update gander.memory set state = 'expired'
    where tenant_id = $1 and state in ('proposed', 'approved') and expires_at <= clock_timestamp() returning ${COLUMNS}`,
  ),
  /** What lapsed long ago loses its text, and may be proposed anew. */
  erase: statement('erase', `update gander.memory set body = '', item = '' where ${OLD} returning id`),
  /** Ends what is of a repository or a tenant that is closed; it may be approved or proposed again should that change. */
  retire: statement(
    'retire',
    `update gander.memory set state = 'expired', expires_at = least(expires_at, clock_timestamp())
    where ${DUE} returning ${COLUMNS}`,
  ),
  due: statement(
    'due',
    `select count(*) filter (where ${DUE})::int as expired,
      count(*) filter (where ${OLD})::int as erased from gander.memory where tenant_id = $1`,
  ),
  known: statement(
    'known',
    `select ${COLUMNS} from gander.memory
    where tenant_id = $1 and repository = $2 and hash = $3 and state <> 'expired' for update`,
  ),
  confirm: statement(
    'confirm',
    `update gander.memory set runs = runs || $3::text where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
  ),
  /** Gives nothing where no more may wait. */
  propose: statement(
    'propose',
    `insert into gander.memory (tenant_id, id, repository, kind, body, hash, trust, flags, item, commit_id, run_id, runs,
      proposed_by, expires_at)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, array[$11::text], $12,
      clock_timestamp() + interval '${MEMORY_LIMITS.proposed_days} days'
    where (select count(*) from gander.memory where tenant_id = $1 and repository = $3 and state = 'proposed')
      < ${MEMORY_LIMITS.proposed}
      and (select count(*) from gander.memory where tenant_id = $1 and state = 'proposed')
      < ${MEMORY_LIMITS.proposed_of_tenant}
    returning ${COLUMNS}`,
  ),
  approved: statement(
    'approved',
    `select count(*) filter (where repository = $2)::int as here, count(*)::int as count from gander.memory
    where tenant_id = $1 and state = 'approved' and id <> $3`,
  ),
  /** Gives nothing where the text is another or gone, or was proposed anew after it expired. */
  approve: statement(
    'approve',
    `update gander.memory m set state = 'approved', reviewer = $4, reviewed_at = clock_timestamp(), reason = $5,
      expires_at = clock_timestamp() + $6 * interval '1 day'
    where tenant_id = $1 and id = $2 and hash = $3 and body <> '' and not exists (select from gander.memory other
      where other.tenant_id = $1 and other.repository = m.repository and other.hash = $3 and other.id <> $2
        and other.state <> 'expired')
    returning ${COLUMNS}`,
  ),
  forget: statement(
    'forget',
    `update gander.memory set state = 'forgotten', body = '', item = '', reviewer = $3, reviewed_at = clock_timestamp(),
      reason = $4
    where tenant_id = $1 and id = $2 and state <> 'forgotten' returning ${COLUMNS}`,
  ),
  told: statement('told', 'select gander.append_events($1, null, null, $2)'),
} as const

/** The entry a row holds. */
export const entryIn = (row: MemoryRow): MemoryEntry => ({
  id: row.id,
  repository: row.repository,
  kind: row.kind,
  text: row.body,
  source: { run_id: row.run_id, item: row.item, commit: row.commit_id },
  trust: row.trust,
  confidence: confidenceOf(row.trust, row.runs.length),
  flags: row.flags,
  state: row.state,
  hash: row.hash,
  seen: row.runs.length,
  proposed_by: row.proposed_by,
  proposed_at: row.proposed_at,
  reviewer: row.reviewer,
  reviewed_at: row.reviewed_at,
  reason: row.reason,
  expires_at: row.expires_at,
  conflicts_with: row.conflicts_with ?? [],
})
