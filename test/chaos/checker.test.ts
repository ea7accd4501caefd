import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunId, TenantId } from '#domain/ids'
import { VALUE_TYPES } from '../../src/adapters/postgres/database/value-types.ts'
import { check, sqlOf } from './checker.ts'
import { INVARIANTS, type Ground, type Invariant } from './checker/ground.ts'
import { allEnded } from './kit/settle.ts'
import { openWorld, type World } from './kit/world.ts'

let world: World
let client: Client
let ground: Ground
let run: RunId

beforeAll(async () => {
  world = await openWorld()
  const acknowledged = await world.submit(2)
  run = acknowledged[0] as RunId
  const worker = await world.worker('one')
  await allEnded(world, 60_000)
  worker.child.kill('SIGTERM')
  await worker.gone
  client = new Client({ connectionString: world.database_url, types: VALUE_TYPES })
  await client.connect()
  ground = { sql: sqlOf(client), kept: world.home, homes: [world.home], acknowledged, settled: true }
})
afterAll(async () => {
  await client.end()
  await world.close()
})

const EVENT_COLUMNS = `tenant_id, seq, audit_id, run_id, run_seq, event, actor_type, actor, resource_type, resource_id,
  facts, created_at, previous_hash, hash`
/** An event at the end of the chain, written past the ledger's door. */
const event = (name: string, facts: object, n = 1) =>
  `insert into gander.audit_event (${EVENT_COLUMNS}) select tenant_id, seq + ${n}, 'evt_planted_${n}', '${run}',
    1000 + ${n}, '${name}', 'service', 'planted', 'run', '${run}', '${JSON.stringify(facts)}', clock_timestamp(), hash,
    repeat('f', 64) from gander.ledger_head`

/** One way to break each invariant. */
const planted = (): Readonly<Record<Invariant, readonly string[]>> => ({
  I1: [event('run_completed', { terminal_state: 'completed', summary: '' })],
  I2: ['update gander.run set fence = fence + 1'],
  I3: ['delete from gander.pull_request_link'],
  I4: ["update gander.policy_decision set answer = 'deny'"],
  I5: [event('pr_opened', { pr_url: '', branch: '', evidence_hash: '' })],
  I6: ['update gander.budget set cost_usd = max_cost_usd + 1'],
  I7: [
    event('approval_decision', { approval: 'apr_planted', decision: 'approved' }, 1),
    event('approval_decision', { approval: 'apr_planted', decision: 'approved' }, 2),
  ],
  I8: ['delete from gander.audit_event where seq = 3'],
  I9: [
    "update gander.artifact set sha256 = repeat('a', 64) where position = (select min(position) from gander.artifact)",
  ],
  I10: [],
  I11: [],
  I12: [],
  I13: [`update gander.step set outcome = '{"value":"another"}' where n = 2`],
})

/** What only the experiment knows, where an invariant is broken by that. */
const TOLD: Partial<Record<Invariant, () => Partial<Ground>>> = {
  I11: () => ({ responses: [{ tenant_id: 'ten_other' as TenantId, text: `{"run":"${run}"}` }] }),
  I12: () => ({ canaries: ['Say good night as well, 1'] }),
}

async function brokenBy(invariant: Invariant): Promise<readonly string[]> {
  await client.query('begin; set local session_replication_role = replica')
  try {
    for (const text of planted()[invariant]) await client.query(text)
    const found = await check({ ...ground, ...TOLD[invariant]?.() })
    return [...new Set(found.map((violation) => violation.invariant))]
  } finally {
    await client.query('rollback')
  }
}

describe('the checker', () => {
  it('finds nothing where runs went as they should', async () => {
    expect(await check({ ...ground, canaries: ['a-canary-that-is-nowhere'] })).toEqual([])
  })

  it.each(Object.keys(INVARIANTS).filter((name) => name !== 'I10') as Invariant[])(
    'finds a breach of %s that was planted',
    async (invariant) => {
      expect(await brokenBy(invariant)).toContain(invariant)
    },
  )

  it('finds what a sandbox left behind, which is I10', async () => {
    const folder = join(world.home, 'sandboxes', '7')
    await mkdir(folder)
    try {
      expect((await check(ground)).map(({ invariant }) => invariant)).toEqual(['I10'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('finds a run that was acknowledged and is lost, and one that never ended', async () => {
    const lost = await check({ ...ground, acknowledged: ['run_lost' as RunId] })
    expect(lost).toEqual([{ invariant: 'I1', what: 'run run_lost was acknowledged and is not there' }])
    await client.query('begin; set local session_replication_role = replica')
    await client.query("update gander.run set state = 'queued' where id = $1", [run])
    const open = await check(ground)
    await client.query('rollback')
    expect(open.map(({ what }) => what)).toContain(`run ${run} is still queued`)
  })

  it('finds effects after a switch was thrown, and requests of a model that nobody recorded', async () => {
    await client.query('begin; set local session_replication_role = replica')
    await client.query(event('kill_switch_thrown', { level: 'global', actions: ['cancel_running_runs'] }))
    await client.query("update gander.audit_event set created_at = created_at - interval '1 hour' where run_seq = 1001")
    const stopped = await check(ground)
    await client.query('rollback')
    expect(stopped.some(({ what }) => what.includes('came after a global switch'))).toBe(true)
    const untold = await check({ ...ground, model_requests: 1 })
    expect(untold).toEqual([{ invariant: 'I8', what: '1 model requests, 0 exchanges on record' }])
  })
})
