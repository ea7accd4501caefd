import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from '#domain/json'
import { each, type Ground, type Violation } from './ground.ts'

const ENDS = `('completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled')`

/** I1: what was accepted is there, ended once, and stays ended. */
export async function checkEnds({ sql, acknowledged = [], settled }: Ground): Promise<readonly Violation[]> {
  const known = new Set((await sql<{ id: string }>('select id from gander.run')).map(({ id }) => id))
  const lost = acknowledged.filter((id) => !known.has(id))
  const ends = await sql<{ id: string; state: string; ends: number; terminal: string | null }>(
    `select r.id, r.state, count(e.seq) as ends, min(e.facts ->> 'terminal_state') as terminal from gander.run r
      left join gander.audit_event e on e.tenant_id = r.tenant_id and e.run_id = r.id and e.event = 'run_completed'
      group by r.tenant_id, r.id, r.state
      having count(e.seq) <> case when r.state in ${ENDS} then 1 else 0 end
        or r.state in ${ENDS} and min(e.facts ->> 'terminal_state') <> r.state`,
  )
  const orphans = await sql<{ id: string; runs: number }>(
    `select t.id, count(r.id) as runs from gander.task t left join gander.run r on r.tenant_id = t.tenant_id
      and r.task_id = t.id group by t.tenant_id, t.id having count(r.id) <> 1`,
  )
  const open = settled
    ? await sql<{ id: string; state: string }>(
        `select id, state from gander.run where state not in ${ENDS} and state not in ('paused', 'awaiting_approval')`,
      )
    : []
  return [
    ...each('I1', lost, (id) => `run ${id} was acknowledged and is not there`),
    ...each('I1', ends, ({ id, state, ends }) => `run ${id} is ${state} and has ended ${ends} times`),
    ...each('I1', orphans, ({ id, runs }) => `task ${id} has ${runs} runs`),
    ...each('I1', open, ({ id, state }) => `run ${id} is still ${state}`),
  ]
}

/** I2: each lease has a fence of its own, the next begins after the one before ended, steps end under their own. */
export async function checkLeases({ sql }: Ground): Promise<readonly Violation[]> {
  const fences = await sql<{ id: string; fence: number; given: string }>(
    `select r.id, r.fence, coalesce(string_agg(e.facts ->> 'fence', ',' order by e.run_seq), '') as given
      from gander.run r left join gander.audit_event e on e.tenant_id = r.tenant_id and e.run_id = r.id
        and e.event = 'run_leased' group by r.tenant_id, r.id, r.fence`,
  )
  const wrong = fences.filter(({ fence, given }) => given !== Array.from({ length: fence }, (_, n) => n + 1).join(','))
  const doubled = await sql<{ run_id: string; run_seq: number }>(
    `select run_id, run_seq from (
        select run_id, run_seq, event, lag(event) over (partition by tenant_id, run_id order by run_seq) as before
        from gander.audit_event where event in ('run_leased', 'run_returned_to_queue', 'run_continued', 'run_completed')
      ) moves where event = 'run_leased' and before = 'run_leased'`,
  )
  const late = await sql<{ run_id: string; key: string; fence: number }>(
    `select s.run_id, s.key, s.fence from gander.step s join gander.audit_event e on e.tenant_id = s.tenant_id
        and e.run_id = s.run_id and e.event = 'run_leased' and (e.facts ->> 'fence')::bigint = s.fence + 1
      where s.outcome_at > e.created_at`,
  )
  const ahead = await sql<{ run_id: string; key: string }>(
    `select s.run_id, s.key from gander.step s join gander.run r on r.tenant_id = s.tenant_id and r.id = s.run_id
      where s.fence > r.fence or s.fence < 1`,
  )
  return [
    ...each('I2', wrong, ({ id, fence, given }) => `run ${id} is at fence ${fence} and its leases had ${given}`),
    ...each('I2', doubled, ({ run_id, run_seq }) => `run ${run_id} was leased at ${run_seq} while it was leased`),
    ...each('I2', late, ({ run_id, key, fence }) => `step ${key} of ${run_id} ended after its fence ${fence}`),
    ...each('I2', ahead, ({ run_id, key }) => `step ${key} of ${run_id} has a fence that was never given`),
  ]
}

/** I13: outcomes are what their hash says, numbers have no gap, and the guard against rewriting is in force. */
export async function checkSteps({ sql }: Ground): Promise<readonly Violation[]> {
  const steps = await sql<{ run_id: string; key: string; outcome: Json; outcome_sha256: string }>(
    'select run_id, key, outcome, outcome_sha256 from gander.step where outcome_at is not null',
  )
  const rewritten = steps.filter(({ outcome, outcome_sha256 }) => hash(canonicalJson(outcome)) !== outcome_sha256)
  const gaps = await sql<{ run_id: string; n: number; most: number }>(
    `select run_id, count(*) as n, max(n) as most from gander.step group by tenant_id, run_id
      having count(*) <> max(n) or count(distinct key) <> count(*)`,
  )
  const guard = await sql(
    `select 1 from pg_trigger where tgname = 'step_guarded' and tgrelid = 'gander.step'::regclass and tgenabled = 'O'`,
  )
  return [
    ...each('I13', rewritten, ({ run_id, key }) => `step ${key} of ${run_id} has another outcome than was recorded`),
    ...each('I13', gaps, ({ run_id, n, most }) => `run ${run_id} has ${n} steps and the last is number ${most}`),
    ...(guard.length === 1 ? [] : each('I13', ['step_guarded'], (name) => `the trigger ${name} is not in force`)),
  ]
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
