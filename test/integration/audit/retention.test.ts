import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createArtifactRemoval, createFilesystemArtifacts, tenantHome } from '#adapters/artifacts/filesystem'
import { createRetentionRecords, createRunStore } from '#adapters/postgres'
import { LOCAL_TENANT, type RunId, type TenantId } from '#domain/ids'
import { createSweeper, DEFAULT_RETENTION, readRetentionRules } from '#evidence-plane/retention'
import type { ArtifactRemoval, DataClass } from '#ports'
import { identifiers, startTestServer, type TestServer } from '../../support/database.ts'
import { leased } from '../../support/store-fixtures.ts'
import { auditGrounds, workedRun, type AuditGrounds } from './grounds.ts'

let server: TestServer
let grounds: AuditGrounds
const opened: AuditGrounds[] = []

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  grounds = await auditGrounds(server)
  opened.push(grounds)
})
afterAll(async () => {
  for (const { remove } of opened) remove()
  await server.stop()
})

const stores = () => ({
  artifacts: createFilesystemArtifacts({ home: grounds.home }),
  removal: createArtifactRemoval({ home: grounds.home, recent_ms: 0 }),
  records: createRetentionRecords({ database: grounds.db.database, identifiers }),
})

function sweeper(removal?: ArtifactRemoval) {
  const { records, artifacts, removal: plain } = stores()
  const parts = { records, tenants: async () => [LOCAL_TENANT], rules: async () => DEFAULT_RETENTION, by: 'a test' }
  return createSweeper({ ...parts, artifacts: () => artifacts, removal: () => removal ?? plain })
}

/** A run with one artifact of each kind given, ended unless it is to live. */
async function runWith(
  kinds: readonly (readonly [kind: string, text: string, data_class?: DataClass])[],
  lives = false,
) {
  const { run, lease } = await workedRun(grounds, 1)
  const artifacts = await Promise.all(
    kinds.map(async ([kind, text, data_class = 'internal']) => {
      const ref = await stores().artifacts.put(text)
      return { ...ref, kind, name: `${kind}.txt`, data_class }
    }),
  )
  await grounds.store.write(run.id, lease, { artifacts, ...(!lives && { command: { type: 'cancel', by: 'ada' } }) })
  return run.id
}

const age = (days: number) =>
  grounds.db.asOwner(`set session_replication_role = replica;
    update gander.artifact set created_at = clock_timestamp() - interval '${days} days';
    update gander.run set updated_at = clock_timestamp() - interval '${days} days'`)
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const there = async (text: string) => (await stores().artifacts.get(hashOf(text))) !== undefined
const told = (event: string) =>
  grounds.db.asOwner(`select facts from gander.audit_event where event = '${event}' order by seq`)

test('what is older than its rule goes with an event for each, and the chain stays valid', async () => {
  await runWith([
    ['log', 'an old log'],
    ['patch', 'a patch'],
    ['log', 'a restricted log', 'restricted'],
  ])
  await age(91)
  expect(await sweeper().sweep({ dry_run: true })).toMatchObject({ expired: 2, removed: 0, payload_runs: 1 })
  expect(await there('an old log')).toBe(true)
  const swept = await sweeper().sweep({ dry_run: false })
  expect(swept).toMatchObject({
    expired: 2,
    removed: 2,
    by_rule: { tool_output_redacted: 1, tool_output_raw: 1 },
    payload_runs: 1,
  })
  expect([await there('an old log'), await there('a restricted log'), await there('a patch')]).toEqual([
    false,
    false,
    true,
  ])
  const of_the_log = { sha256: hashOf('an old log'), data_class: 'internal', rule: 'tool_output_redacted', bytes: 10 }
  expect((await told('artifact_expired')).map(({ facts }) => facts)).toContainEqual(expect.objectContaining(of_the_log))
  expect(await told('artifact_deleted')).toHaveLength(2)
  expect((await told('payload_expired'))[0]?.['facts']).toMatchObject({
    of: 'step_outcome',
    count: 2,
    rule: 'step_outcome',
  })
  expect(await grounds.db.asOwner('select distinct outcome::text as outcome from gander.step')).toEqual([
    { outcome: '{"expired":true}' },
  ])
  expect(await grounds.report()).toMatchObject({ defects: [] })
  expect(await sweeper().sweep({ dry_run: false })).toMatchObject({ expired: 0, removed: 0, payload_runs: 0 })
})

test('what a live run, a valid packet, a legal hold or another artifact needs stays', async () => {
  const { records } = stores()
  await runWith([['log', 'of a live run']], true)
  const held = await runWith([['log', 'held by a person']])
  await runWith([['log', 'named by a packet']])
  await runWith([['log', 'two have it']])
  await runWith([['patch', 'two have it']])
  await records.hold(LOCAL_TENANT, held, 'ada', 'a dispute')
  await age(100)
  await runWith([['evidence_packet', JSON.stringify({ artifacts: [{ sha256: hashOf('named by a packet') }] })]])
  expect(await sweeper().sweep({ dry_run: false })).toMatchObject({
    expired: 1,
    removed: 0,
    kept_for_packets: 1,
    kept_for_others: 1,
  })
  for (const text of ['of a live run', 'held by a person', 'named by a packet', 'two have it'])
    expect(await there(text)).toBe(true)
  expect(await records.holds(LOCAL_TENANT)).toMatchObject([{ run_id: held, reason: 'a dispute', placed_by: 'ada' }])
  expect(await records.release(LOCAL_TENANT, held, 'ada', 'settled')).toBe(true)
  expect(await records.release(LOCAL_TENANT, held, 'ada', 'settled')).toBe(false)
  expect(await sweeper().sweep({ dry_run: false })).toMatchObject({ expired: 1, removed: 1 })
  expect(await there('held by a person')).toBe(false)
  expect((await told('legal_hold_placed'))[0]?.['facts']).toMatchObject({ run: held, reason: 'a dispute', by: 'ada' })
})

test('a sweep that dies between the event and the bytes is finished by the next, and tells nothing twice', async () => {
  await runWith([['log', 'to be removed']])
  await age(91)
  const dies: ArtifactRemoval = { remove: () => Promise.reject(new Error('killed')) }
  await expect(sweeper(dies).sweep({ dry_run: false })).rejects.toThrow('killed')
  expect([(await told('artifact_expired')).length, (await told('artifact_deleted')).length]).toEqual([1, 0])
  expect(await there('to be removed')).toBe(true)
  expect(await sweeper().sweep({ dry_run: false })).toMatchObject({ expired: 0, removed: 1 })
  expect([(await told('artifact_expired')).length, (await told('artifact_deleted')).length]).toEqual([1, 1])
  expect((await grounds.report()).defects).toEqual([])
})

test('each tenant’s bytes go from its own folder, with its own event, and another’s same bytes stay where they are', async () => {
  const tenants = [LOCAL_TENANT, 'ten_one' as TenantId, 'ten_two' as TenantId]
  const homeOf = (tenant: TenantId) => tenantHome(grounds.home, tenant)
  const records = createRetentionRecords({ database: grounds.db.database, identifiers })
  const runs: RunId[] = []
  for (const tenant of tenants) {
    const named = `insert into gander.tenant (tenant_id, name) values ('${tenant}', '${tenant}') on conflict do nothing`
    await grounds.db.asOwner(named)
    const store = createRunStore({ database: grounds.db.database, identifiers }, tenant)
    const { run, lease } = await leased(store, { tenant })
    const ref = await createFilesystemArtifacts({ home: homeOf(tenant) }).put('the same log')
    const artifacts = [{ ...ref, kind: 'log', name: 'a.log', data_class: 'internal' } as const]
    await store.write(run.id, lease, { artifacts, command: { type: 'cancel', by: 'ada' } })
    runs.push(run.id)
  }
  await age(91)
  await records.hold(tenants[2] as TenantId, runs[2] as RunId, 'ada', 'a dispute')
  await expect(records.hold(LOCAL_TENANT, runs[2] as RunId, 'eve', 'of another')).rejects.toMatchObject({
    code: 'run_not_found',
  })
  const sweeping = createSweeper({
    records,
    tenants: async () => tenants,
    rules: async () => DEFAULT_RETENTION,
    by: 'a test',
    artifacts: (tenant) => createFilesystemArtifacts({ home: homeOf(tenant) }),
    removal: (tenant) => createArtifactRemoval({ home: homeOf(tenant), recent_ms: 0 }),
  })
  expect(await sweeping.sweep({ dry_run: false })).toMatchObject({ expired: 2, removed: 2 })
  const there_still = await Promise.all(
    tenants.map(async (tenant) => createFilesystemArtifacts({ home: homeOf(tenant) }).get(hashOf('the same log'))),
  )
  expect(there_still.map((bytes) => bytes !== undefined)).toEqual([false, false, true])
  const events = await grounds.db.asOwner(
    `select tenant_id, facts ->> 'sha256' as sha256 from gander.audit_event where event = 'artifact_deleted' order by tenant_id`,
  )
  expect(events).toEqual(['ten_local', 'ten_one'].map((tenant_id) => ({ tenant_id, sha256: hashOf('the same log') })))
})

test('bytes that are put again while they leave are there for whoever put them', async () => {
  const { artifacts } = stores()
  const careful = createArtifactRemoval({ home: grounds.home })
  await artifacts.put('put just now')
  expect(await careful.remove(hashOf('put just now'))).toBe('in_use')
  expect(await stores().removal.remove(hashOf('put just now'))).toBe('removed')
  expect(await stores().removal.remove(hashOf('put just now'))).toBe('absent')
  for (let round = 0; round < 50; round++) {
    await artifacts.put('raced')
    await Promise.all([stores().removal.remove(hashOf('raced')), artifacts.put('raced')])
    await artifacts.put('raced')
    expect(await there('raced')).toBe(true)
  }
})

test('only one sweep of a database is under way', async () => {
  const { records } = stores()
  const inner = await records.exclusively(() => records.exclusively(async () => 'both'))
  expect(inner).toBeUndefined()
  expect(await records.exclusively(async () => 'alone')).toBe('alone')
})

test('a step of a run that lives keeps its outcome, whoever asks', async () => {
  await workedRun(grounds, 1)
  const empty = "update gander.step set outcome = gander.expired_payload() where key = 'tool:0:0:0'"
  await expect(grounds.db.asOwner(empty)).rejects.toMatchObject({ code: '23514' })
})

test('rules are read from YAML, and a wrong one is named', () => {
  const given = 'retention:\n  patch_artifact: { store_days: 10 }\n'
  expect(readRetentionRules(given, 'retention.yaml')).toEqual({ ...DEFAULT_RETENTION, patch_artifact: 10 })
  const wrong = 'retention:\n  patches: { store_days: 10 }\n  step_outcome: { store_days: -1 }\n'
  expect(() => readRetentionRules(wrong, 'retention.yaml')).toThrow(
    /retention\.yaml: .*step_outcome\.store_days \(line 3\).*retention\.patches \(line 2\)/,
  )
})
