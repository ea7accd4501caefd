import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerEvent } from '#domain/event'
import { chainDefects } from '#domain/ledger'
import { each, type Ground, type Violation } from './ground.ts'

/** More than rounding: costs are sums of decimal fractions. */
const CENT = 0.000_001

/** I6: spending stays below the limit, is the sum of what was paid, and nothing stays reserved for a run that ended. */
export async function checkBudgets({ sql }: Ground): Promise<readonly Violation[]> {
  const over = await sql<{ run_id: string; cost_usd: number; max_cost_usd: number }>(
    `select run_id, cost_usd, max_cost_usd from gander.budget
      where cost_usd + reserved_usd > max_cost_usd + ${CENT} or steps > max_steps`,
  )
  const unequal = await sql<{ run_id: string; cost_usd: number; paid: number }>(
    `select b.run_id, b.cost_usd, s.paid + g.paid as paid from gander.budget b,
      lateral (select coalesce(sum(x.cost_usd), 0) as paid from gander.step x
        where x.tenant_id = b.tenant_id and x.run_id = b.run_id) s,
      lateral (select coalesce(sum(x.cost_usd), 0) as paid from gander.guest_exchange x
        where x.tenant_id = b.tenant_id and x.run_id = b.run_id and x.settled_at is not null) g
      where abs(b.cost_usd - s.paid - g.paid) > ${CENT}`,
  )
  const reserved = await sql<{ run_id: string; reserved_usd: number }>(
    `select b.run_id, b.reserved_usd from gander.budget b join gander.run r on r.tenant_id = b.tenant_id
      and r.id = b.run_id where r.state in ('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')
      and b.reserved_usd > ${CENT}`,
  )
  return [
    ...each('I6', over, ({ run_id, cost_usd, max_cost_usd }) => `run ${run_id} spent ${cost_usd} of ${max_cost_usd}`),
    ...each('I6', unequal, ({ run_id, cost_usd, paid }) => `run ${run_id} is booked ${cost_usd} and paid ${paid}`),
    ...each('I6', reserved, ({ run_id, reserved_usd }) => `run ${run_id} has ended with ${reserved_usd} reserved`),
  ]
}

const hash = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex')

/** I8: every tenant's chain verifies from its beginning to its head, and what happened is in it exactly once. */
export async function checkLedger(ground: Ground): Promise<readonly Violation[]> {
  const { sql, model_requests } = ground
  const heads = await sql<{ tenant_id: string; seq: number; hash: string }>('select * from gander.ledger_head')
  const chains = await Promise.all(heads.map((head) => checkChain(ground, head)))
  const effects = await Promise.all(EFFECTS.map(([text, say]) => told(ground, text, say)))
  const [sent] = await sql<{ n: number }>(
    `select (select count(*) from gander.exchange) + (select count(*) from gander.guest_exchange) as n`,
  )
  const known = sent?.n ?? 0
  const untold = (model_requests ?? 0) > known ? [`${model_requests} model requests, ${known} exchanges on record`] : []
  return [...chains.flat(), ...effects.flat(), ...each('I8', untold, (what) => what)]
}

async function checkChain(
  { sql }: Ground,
  head: { readonly tenant_id: string; readonly seq: number; readonly hash: string },
): Promise<readonly Violation[]> {
  const rows = await sql<LedgerEvent>('select * from gander.audit_event where tenant_id = $1 order by seq', [
    head.tenant_id,
  ])
  const defects = chainDefects(rows, hash)
  const last = rows.at(-1)
  const cut = last?.seq === head.seq && last.hash === head.hash ? [] : [`it ends before its head ${head.seq}`]
  const wrong = [...defects.map(({ seq, kind }) => `${kind} at ${seq}`), ...cut]
  return each('I8', wrong, (what) => `the chain of ${head.tenant_id}: ${what}`)
}

const missing = (table: string, event: string, alike: string) => `select x.run_id from gander.${table} x where (
  select count(*) from gander.audit_event e where e.tenant_id = x.tenant_id and e.run_id = x.run_id
    and e.event in (${event}) ${alike}) < 1`

/** Rows that tell of an effect, each with the event it owes. */
const EFFECTS: readonly (readonly [text: string, say: string])[] = [
  [
    `select r.run_id from (select tenant_id, run_id, count(*) as n from gander.tool_call where status <> 'refused'
      group by 1, 2) r where r.n <> (select count(*) from gander.audit_event e where e.tenant_id = r.tenant_id
      and e.run_id = r.run_id and e.event = 'tool_call_executed')`,
    'a tool call without its event',
  ],
  [
    missing('pull_request_link', "'branch_pushed', 'reconciled'", "and e.facts ->> 'branch' = x.branch"),
    'a branch without its event',
  ],
  [
    missing('model_call', "'model_called'", "and e.facts ->> 'call_key' = x.call_key"),
    'a model call without its event',
  ],
  [
    `select r.id as run_id from gander.run r where r.state <> (select e.state from gander.audit_event e
      where e.tenant_id = r.tenant_id and e.run_id = r.id order by e.run_seq desc limit 1)`,
    'a state that the ledger does not tell',
  ],
]

async function told({ sql }: Ground, text: string, say: string): Promise<readonly Violation[]> {
  return each('I8', await sql<{ run_id: string }>(text), ({ run_id }) => `run ${run_id} has ${say}`)
}

/** I9: the bytes of every artifact on record are there and are the ones that were recorded. */
export async function checkArtifacts({ sql, kept }: Ground): Promise<readonly Violation[]> {
  const rows = await sql<{ run_id: string; sha256: string; bytes: number }>(
    `select min(run_id) as run_id, sha256, bytes from gander.artifact group by sha256, bytes`,
  )
  const wrong = await Promise.all(
    rows.map(async (row) => {
      const path = join(kept, 'artifacts', row.sha256.slice(0, 2), row.sha256.slice(2))
      const bytes = await readFile(path).catch(() => undefined)
      if (bytes === undefined) return [`the artifact ${row.sha256} of ${row.run_id} is not there`]
      const fits = bytes.length === row.bytes && hash(bytes) === row.sha256
      return fits ? [] : [`the artifact ${row.sha256} of ${row.run_id} has other bytes`]
    }),
  )
  return each('I9', wrong.flat(), (what) => what)
}
