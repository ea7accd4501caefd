import type { EventDraft } from '#domain/event'
import type { RunId, TenantId } from '#domain/ids'
import { isAtLeast, MEMORY_LIMITS } from '#domain/memory'
import type {
  DroppedProposals,
  Identifiers,
  MemoryRecords,
  MemorySweep,
  ProposalOutcome,
  WeighedProposal,
} from '#ports'
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
  /** Tells what is of no single entry. */
  readonly note: (draft: EventDraft) => void
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
    propose: (tenant, { repository, by, run_id, proposals, dropped }) =>
      atDesk(tenant, { actor: PLATFORM, run: run_id }, async (desk) => {
        const outcomes: ProposalOutcome[] = []
        for (const proposal of proposals)
          outcomes.push(await propose(desk, { repository: plain(repository), by: plain(by), run_id }, proposal))
        tellDropped(desk, plain(repository), addedUp(dropped, outcomes))
        return outcomes
      }),
    approve: (tenant, id, { by, reason, hash, days }) =>
      atDesk(tenant, person(by), async (desk) => {
        const [found] = await desk.rows(MEMORY.find, plain(id))
        if (found === undefined) return undefined
        const [conflict] = found.conflicts_with ?? []
        if (conflict !== undefined) return { conflicts_with: conflict }
        if (await isFull(desk.client, tenant, found)) return 'full'
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
    sweep: (tenant, { dry_run }) => (dry_run ? sweepable(pool, tenant) : swept({ pool, context, tenant })),
  }
}

async function isFull(client: PoolClient, tenant: TenantId, { repository, id }: MemoryRow): Promise<boolean> {
  const values = [tenant, repository, id]
  const [others] = await query<{ readonly here: number; readonly count: number }>(client, MEMORY.approved, values)
  const { here = 0, count = 0 } = others ?? {}
  return here >= MEMORY_LIMITS.approved || count >= MEMORY_LIMITS.approved_of_tenant
}

async function sweepable(pool: Database['pool'], tenant: TenantId): Promise<MemorySweep> {
  const [due] = await queryOf<MemorySweep>({ pool, tenant }, MEMORY.due, [tenant])
  return due ?? { expired: 0, erased: 0 }
}

/** One transaction: what ends is told in it. */
async function swept(of: { readonly pool: Database['pool'] } & Pick<Ground, 'context' | 'tenant'>) {
  const { pool, context, tenant } = of
  return inTenant(pool, tenant, async (client): Promise<MemorySweep> => {
    await query(client, MEMORY.lock, [tenant])
    const ended = await query<MemoryRow>(client, MEMORY.retire, [tenant])
    const erased = await query(client, MEMORY.erase, [tenant])
    const told = ended.map((row) => eventRow(context, about('memory_expired', row), tenant, PLATFORM))
    if (told.length > 0) await query(client, MEMORY.told, [tenant, JSON.stringify(told)])
    return { expired: ended.length, erased: erased.length }
  })
}

function addedUp(dropped: DroppedProposals, outcomes: readonly ProposalOutcome[]): DroppedProposals {
  const full = outcomes.filter(({ kind }) => kind === 'refused').length
  return full === 0 ? dropped : { ...dropped, full: (dropped.full ?? 0) + full }
}

/** Said once a batch, however much it was. */
function tellDropped({ note }: Desk, repository: string, dropped: DroppedProposals): void {
  if (Object.keys(dropped).length > 0)
    note({
      event: 'memory_dropped',
      facts: { repository, dropped: { ...dropped } },
      resource_type: 'repository',
      resource_id: repository,
    })
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
  const value = await act({ client, rows, tell, note: (draft) => note(draft, speaker) })
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
  if (known !== undefined) return seenAgain(desk, known, { run_id, trust })
  const values = [id, repository, kind, plain(text), hash, trust, flags, plain(item), plainOrNull(commit), run_id, by]
  const [row] = await desk.rows(MEMORY.propose, ...values)
  if (row === undefined) return { kind: 'refused', because: 'full' }
  desk.tell('memory_proposed', row, { kind, trust, flags: [...flags] })
  return { kind: 'proposed', id }
}

/**
 * A run counts once, nothing brings back what was forgotten or lets it wait longer, and whoever is trusted less than the
 * entry makes it no surer.
 */
async function seenAgain(
  desk: Desk,
  { id, state, runs, trust: known }: MemoryRow,
  { run_id, trust }: Pick<Source, 'run_id'> & Pick<WeighedProposal, 'trust'>,
): Promise<ProposalOutcome> {
  const counts = state !== 'forgotten' && !runs.includes(run_id) && isAtLeast(trust, known)
  if (!counts || runs.length >= MEMORY_LIMITS.runs) return { kind: 'known', id }
  const [row] = await desk.rows(MEMORY.confirm, id, run_id)
  if (row === undefined) return { kind: 'known', id }
  desk.tell('memory_confirmed', row, { seen: row.runs.length })
  return { kind: 'confirmed', id }
}
