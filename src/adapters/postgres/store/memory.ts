import type { EventDraft } from '#domain/event'
import type { RunId, TenantId } from '#domain/ids'
import { MEMORY_LIMITS } from '#domain/memory'
import type { Identifiers, MemoryRecords, ProposalOutcome, WeighedProposal } from '#ports'
import type { PoolClient } from 'pg'
import type { Database } from '../database/open-database.ts'
import { eventRow, PLATFORM, type Actor } from './ledger-events.ts'
import { entryIn, MEMORY, type MemoryRow } from './memory-statements.ts'
import { inTenant, plain, plainOrNull, query, queryOf, type EventContext, type Statement } from './store-context.ts'

/** A transaction on one tenant's memory; what it tells is appended before it commits. */
interface Desk {
  readonly client: PoolClient
  rows(statement: Statement, ...values: readonly unknown[]): Promise<readonly MemoryRow[]>
  tell(event: EventDraft['event'], row: MemoryRow, facts?: EventDraft['facts']): void
}

interface Speaker {
  readonly actor: Actor
  /** The run whose trail the events belong to; absent: the tenant's alone. */
  readonly run?: RunId
}

/** What was learnt about repositories, in PostgreSQL. @throws GanderError `database_unavailable` from every method */
export function createMemoryRecords(parts: {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
}): MemoryRecords {
  const { pool } = parts.database
  const context: EventContext = { pool, identifiers: parts.identifiers }
  const atDesk = <Value>(tenant: TenantId, speaker: Speaker, act: (desk: Desk) => Promise<Value>) =>
    inTenant(pool, tenant, (client) => settled({ client, context, tenant, speaker }, act))
  return {
    list: async (tenant, { repository, states }) => {
      const values = [tenant, plainOrNull(repository), states ?? null]
      return (await queryOf<MemoryRow>({ pool, tenant }, MEMORY.list, values)).map(entryIn)
    },
    find: async (tenant, id) =>
      (await queryOf<MemoryRow>({ pool, tenant }, MEMORY.find, [tenant, plain(id)])).map(entryIn)[0],
    propose: (tenant, { repository, by, run_id, proposals }) =>
      atDesk(tenant, { actor: PLATFORM, run: run_id }, async (desk) => {
        const outcomes: ProposalOutcome[] = []
        for (const proposal of proposals)
          outcomes.push(await propose(desk, { repository: plain(repository), by: plain(by), run_id }, proposal))
        return outcomes
      }),
    approve: (tenant, id, { by, reason, hash, days }) =>
      atDesk(tenant, person(by), async (desk) => {
        const [found] = await desk.rows(MEMORY.find, plain(id))
        if (found === undefined) return undefined
        const [others] = await query<{ readonly count: number }>(desk.client, MEMORY.approved, [
          tenant,
          found.repository,
          found.id,
        ])
        if ((others?.count ?? 0) >= MEMORY_LIMITS.approved) return 'full'
        const [row] = await desk.rows(MEMORY.approve, found.id, hash, plain(by), plain(reason), days)
        if (row === undefined) return undefined
        const { kind, trust, flags, expires_at } = row
        desk.tell('memory_approved', row, { kind, trust, flags: [...flags], expires_at, by, reason })
        return entryIn(row)
      }),
    forget: (tenant, id, { by, reason }) =>
      atDesk(tenant, person(by), async (desk) => {
        const [row] = await desk.rows(MEMORY.forget, plain(id), plain(by), plain(reason))
        if (row !== undefined) desk.tell('memory_forgotten', row, { by, reason })
        return (row === undefined ? await desk.rows(MEMORY.find, plain(id)) : [row]).map(entryIn)[0]
      }),
  }
}

const person = (by: string): Speaker => ({ actor: { actor_type: 'person', actor: by } })

interface Ground {
  readonly client: PoolClient
  readonly context: EventContext
  readonly tenant: TenantId
  readonly speaker: Speaker
}

/** Locks the tenant's memory, notes what lapsed, acts, and appends what is to be told in the same transaction. */
async function settled<Value>(
  { client, context, tenant, speaker }: Ground,
  act: (desk: Desk) => Promise<Value>,
): Promise<Value> {
  const told: object[] = []
  const note = (draft: EventDraft, { actor, run }: Speaker) =>
    told.push({ ...eventRow(context, draft, tenant, actor), ...(run !== undefined && { run }) })
  const rows = (statement: Statement, ...values: readonly unknown[]) =>
    query<MemoryRow>(client, statement, [tenant, ...values])
  await rows(MEMORY.lock)
  for (const row of await rows(MEMORY.lapse)) note(about('memory_expired', row), { actor: PLATFORM })
  await rows(MEMORY.erase)
  const tell: Desk['tell'] = (event, row, facts = {}) => void note(about(event, row, facts), speaker)
  const value = await act({ client, rows, tell })
  if (told.length > 0) await query(client, MEMORY.told, [tenant, JSON.stringify(told)])
  return value
}

const about = (event: EventDraft['event'], row: MemoryRow, facts: EventDraft['facts'] = {}): EventDraft => ({
  event,
  facts: { memory: row.id, repository: row.repository, hash: row.hash, ...facts },
  resource_type: 'memory',
  resource_id: row.id,
})

interface Source {
  readonly repository: string
  readonly by: string
  readonly run_id: RunId
}

async function propose(
  desk: Desk,
  { repository, by, run_id }: Source,
  { id, kind, text, hash, trust, flags, item, commit }: WeighedProposal,
): Promise<ProposalOutcome> {
  const [known] = await desk.rows(MEMORY.known, repository, hash)
  if (known !== undefined) return seenAgain(desk, known, run_id)
  const values = [id, repository, kind, plain(text), hash, trust, flags, plain(item), plainOrNull(commit), run_id, by]
  const [row] = await desk.rows(MEMORY.propose, ...values)
  if (row === undefined) return { kind: 'refused', because: 'full' }
  desk.tell('memory_proposed', row, { kind, trust, flags: [...flags] })
  return { kind: 'proposed', id }
}

/** A run counts once, and nothing brings back what was forgotten or lets it wait longer. */
async function seenAgain(desk: Desk, { id, state, runs }: MemoryRow, run: RunId): Promise<ProposalOutcome> {
  if (state === 'forgotten' || runs.includes(run) || runs.length >= MEMORY_LIMITS.runs) return { kind: 'known', id }
  const [row] = await desk.rows(MEMORY.confirm, id, run)
  if (row === undefined) return { kind: 'known', id }
  desk.tell('memory_confirmed', row, { seen: row.runs.length })
  return { kind: 'confirmed', id }
}
