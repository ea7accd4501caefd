import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createFolderPlace } from '#adapters/ledger-checkpoints'
import { ledgerVerifierOf as verifierOf } from '#adapters/signing'
import { createSwitches } from '#adapters/postgres'
import { LOCAL_TENANT } from '#domain/ids'
import type { ExportReport } from '#domain/ledger'
import { createCheckpointMaker, exportAudit, recordRedacted, verifyAudit, verifyExport } from '#evidence-plane/ledger'
import { createRedactor } from '#evidence-plane/redaction'
import { auditGrounds, foreignCalls, workedRun, type AuditGrounds } from '../integration/audit/grounds.ts'
import { identifiers, startTestServer, type TestServer } from '../support/database.ts'
import { leased, submission } from '../support/store-fixtures.ts'

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

/** As a database administrator who knows every trigger and grant. */
const asOwner = (text: string) => grounds.db.asOwner(text)
const history = (lines: string) => asOwner(`set session_replication_role = replica; ${lines}`)
const kinds = async () => [...new Set((await grounds.report()).defects.map(({ kind }) => kind))].toSorted()
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: { readonly code?: string }) => error.code,
  )

describe('the ledger in the database', () => {
  test('AU-01 the application may not change it, and still reads and appends', async () => {
    const app = (text: string) => refusal(grounds.db.database.pool.query(text))
    for (const table of ['audit_event', 'ledger_head', 'gateway_act', 'gateway_head'])
      for (const statement of [
        `update ${table} set tenant_id = tenant_id`,
        `delete from ${table}`,
        `truncate ${table}`,
      ])
        expect(await app(statement), statement).toBe('42501')
    await workedRun(grounds)
    expect((await grounds.report()).defects).toEqual([])
  })

  test.each([
    ['an edited fact', `update gander.audit_event set facts = '{"by":"mallory"}' where seq = 3`, ['wrong_hash']],
    ['an edited actor', `update gander.audit_event set actor = 'ada' where seq = 3`, ['wrong_hash']],
    ['a deleted event', 'delete from gander.audit_event where seq = 3', ['gap', 'wrong_previous']],
    [
      'an edited act',
      `update gander.gateway_act set act_key = 'x' where seq = 2 and gateway = 'tool'`,
      ['act_wrong_hash'],
    ],
    [
      'a deleted act',
      `delete from gander.gateway_act where seq = 2 and gateway = 'model'`,
      ['act_gap', 'act_wrong_previous'],
    ],
  ])('AU-01 %s of the owner is found', async (_, statement, expected) => {
    await workedRun(grounds)
    await grounds.sign()
    expect((await grounds.report()).defects).toEqual([])
    await history(statement)
    expect(await kinds()).toEqual(expect.arrayContaining(expected))
  })
})

describe('checkpoints outside the database', () => {
  beforeEach(async () => {
    await workedRun(grounds)
    await grounds.sign()
  })

  test('AU-03 a cut tail and a dropped chain are truncated, and what only grew is fine', async () => {
    await grounds.store.submit(submission())
    expect((await grounds.report()).defects).toEqual([])
    const { chain } = await grounds.trail.head(LOCAL_TENANT)
    await history(`delete from gander.audit_event where seq > ${chain.seq - 5};
      update gander.ledger_head set (seq, hash) = (select seq, hash from gander.audit_event order by seq desc limit 1)`)
    expect(await kinds()).toContain('truncated')
    await history('delete from gander.audit_event; delete from gander.ledger_head')
    expect(await kinds()).toContain('truncated')
    expect(await grounds.sign()).toBeUndefined()
    expect(grounds.alarms.join('\n')).toMatch(/the chain ends at event 0, and event \d+ was signed; nothing was signed/)
  })

  test('AU-03 a restored older database is truncated, and forked once it has grown again', async () => {
    const { chain } = await grounds.trail.head(LOCAL_TENANT)
    const { maker, report } = grounds
    await asOwner(`create table gander.older as select * from gander.audit_event where seq <= ${chain.seq - 4}`)
    await history(`delete from gander.audit_event; insert into gander.audit_event select * from gander.older;
      drop table gander.older;
      update gander.ledger_head set (seq, hash) = (select seq, hash from gander.audit_event order by seq desc limit 1)`)
    expect(await kinds()).toContain('truncated')
    for (let runs = 0; runs < 4; runs++) await grounds.store.submit(submission())
    expect((await report()).defects.map(({ kind }) => kind)).toContain('forked')
    expect(await maker.make(LOCAL_TENANT)).toBeUndefined()
  })

  test('AU-03 a gateway’s cut sequence is told by what was signed of it', async () => {
    await history(`delete from gander.gateway_act where gateway = 'model' and seq = 3;
      update gander.gateway_head set (seq, hash) = (select seq, hash from gander.gateway_act
        where gateway = 'model' order by seq desc limit 1) where gateway = 'model'`)
    expect(await kinds()).toEqual(['act_truncated', 'missing_act'])
  })

  test('AU-04 a chain that was dropped and begun again without its past is not the one that was signed', async () => {
    await history(`delete from gander.audit_event; delete from gander.ledger_head; delete from gander.gateway_act;
      delete from gander.gateway_head`)
    await grounds.store.submit(submission())
    expect(await kinds()).toEqual(expect.arrayContaining(['act_truncated', 'truncated']))
    for (let runs = 0; runs < 20; runs++) await grounds.store.submit(submission())
    expect(await kinds()).toContain('forked')
  })
})

describe('two writers', () => {
  test('AU-04 a position is there once, and any number of writers stand in one line', async () => {
    await Promise.all(Array.from({ length: 12 }, () => grounds.store.submit(submission())))
    const { chain } = await grounds.trail.head(LOCAL_TENANT)
    expect(chain.seq).toBe(24)
    expect((await grounds.report()).defects).toEqual([])
    const twice = `insert into gander.audit_event select tenant_id, seq, audit_id || 'x', null, null, event, actor_type, actor,
      resource_type, resource_id, decision, decision_id, approval_id, policy_version, request_hash, result_hash, state,
      facts, created_at, previous_hash, hash from gander.audit_event where seq = 24`
    expect(await refusal(history(twice))).toBe('23505')
  })
})

describe('what gateways did and what the ledger tells', () => {
  test('a missing event is told with the act, and a missing act with the event', async () => {
    const { run, lease } = await workedRun(grounds)
    const quiet = { key: 'tool:1:0:0', kind: 'tool_call', request: { tool: 'shell_exec' } } as const
    const begun = await grounds.store.beginStep(run.id, lease, quiet)
    if (!begun.ok) throw new Error(begun.refusal.message)
    expect(await grounds.report()).toMatchObject({ open_acts: 1, defects: [] })
    await grounds.store.finishStep(run.id, lease, begun.value.n, { value: null })
    const told = {
      event: 'model_called',
      facts: { call_key: `${run.id}/9/0`, model: 'm', phase: 'edit', input_tokens: 1 },
    }
    const rest = { output_tokens: 1, cost_usd: 0, outcome: 'answered' }
    const event = { event: 'model_called' as const, facts: { ...told.facts, ...rest } }
    await grounds.store.write(run.id, lease, { events: [event] })
    expect((await grounds.report()).defects).toEqual([
      { kind: 'missing_event', where: 'tool act 4', detail: expect.stringContaining('tool:1:0:0') },
      {
        kind: 'missing_act',
        where: expect.stringMatching(/^event \d+$/),
        detail: expect.stringContaining(`${run.id}/9/0`),
      },
    ])
  })
})

describe('the gateway to foreign servers', () => {
  const cut = (seq: number) => `delete from gander.gateway_act where gateway = 'mcp' and seq = ${seq}`

  beforeEach(async () => {
    await workedRun(grounds, 1)
    await foreignCalls(grounds, 3)
    await grounds.sign()
  })

  test('counts for itself beside the platform’s own tools, and its record is whole', async () => {
    const { gateways, defects } = await grounds.report()
    expect(gateways.map(({ gateway, seq }) => `${gateway} ${seq}`).toSorted()).toEqual(['mcp 3', 'model 1', 'tool 1'])
    expect(defects).toEqual([])
  })

  test('a call that is missing between two others is named, with the event that tells of it', async () => {
    await history(cut(2))
    const { defects } = await grounds.report()
    expect(defects.map(({ kind, where }) => `${kind}: ${where}`)).toEqual(
      expect.arrayContaining(['act_gap: mcp act 3', 'act_wrong_previous: mcp act 3']),
    )
    expect(defects.map(({ kind }) => kind)).toContain('missing_act')
    expect(defects.filter(({ where }) => /^(tool|model) act/.test(where))).toEqual([])
  })

  test('a cut end is named by what was signed of it, also where the events went along', async () => {
    await history(`${cut(3)};
      update gander.gateway_head set (seq, hash) = (select seq, hash from gander.gateway_act
        where gateway = 'mcp' order by seq desc limit 1) where gateway = 'mcp'`)
    expect((await grounds.report()).defects.map(({ kind, where }) => `${kind}: ${where}`)).toContain(
      'act_truncated: mcp act 3',
    )
  })
})

describe('the sink', () => {
  test('AU-09 where no event can be written nothing is done, and with the grant it is', async () => {
    const append = 'function gander.append_events(text, text, text, json)'
    const switches = createSwitches({ database: grounds.db.database, identifiers })
    const { run, lease } = await leased(grounds.store)
    const state = () =>
      asOwner(`select (select count(*) from gander.run) as runs, (select count(*) from gander.kill_switch) as stops,
        (select max(version) from gander.run) as version`)
    const before = await state()
    await asOwner(`revoke execute on ${append} from gander_app`)
    const stop = () => switches.stop({ level: 'tenant', tenant_id: LOCAL_TENANT }, ['no_new_runs'], 'ada', 'a drill')
    expect(await refusal(grounds.store.submit(submission()))).toBe('internal')
    expect(await refusal(grounds.store.command(run.id, { type: 'request_cancel', by: 'ada' }))).toBe('internal')
    expect(await refusal(stop())).toBe('internal')
    expect(await state()).toEqual(before)
    await asOwner(`grant execute on ${append} to gander_app`)
    expect((await grounds.store.command(run.id, { type: 'request_cancel', by: 'ada' })).ok).toBe(true)
    expect((await stop()).actions).toEqual(['no_new_runs'])
    expect(lease.fence).toBe(1)
  })
})

describe('secrets', () => {
  const CANARY = 'hunter2-canary-3f9d1c77'

  test('AU-06 a secret is cut before it is hashed, so neither the ledger nor an export has it', async () => {
    const redactor = createRedactor()
    redactor.register('canary', CANARY)
    const store = recordRedacted(grounds.store, redactor)
    const { run, lease } = await leased(store)
    const facts = { kind: 'x', where: `at ${CANARY}`, nested: { more: [Buffer.from(CANARY).toString('base64')] } }
    await store.write(run.id, lease, { events: [{ event: 'incident_opened', facts, actor: CANARY }] })
    await store.command(run.id, { type: 'request_cancel', by: `ada ${CANARY}` })
    const stored = JSON.stringify(await asOwner('select * from gander.audit_event'))
    expect(stored).not.toContain(CANARY)
    expect(stored).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 24))
    expect(stored).toContain('secret_redacted')
    expect((await grounds.report()).defects).toEqual([])
  })

  test('AU-06 a secret that is known only later leaves with its event’s place and without its words', async () => {
    const { run, lease } = await leased(grounds.store)
    await grounds.store.write(run.id, lease, {
      events: [{ event: 'incident_opened', facts: { kind: 'x', where: CANARY } }],
    })
    const redactor = createRedactor()
    redactor.register('canary', CANARY)
    const { text, report } = await exported(redactor)
    expect(text).not.toContain(CANARY)
    expect(report).toMatchObject({ withheld: 1, defects: [], events: 4 })
  })
})

describe('an export', () => {
  test('AU-10 verifies without a database, and any change of it is found', async () => {
    await workedRun(grounds)
    await grounds.sign()
    await grounds.store.submit(submission())
    const { text, report } = await exported()
    expect(report).toMatchObject({ defects: [], checkpoints: 1, acts: 6, keys_given: true, unwitnessed: 2 })
    const lines = text.trimEnd().split('\n')
    const without = (index: number) => lines.toSpliced(index, 1)
    const eventAt = lines.findIndex((line) => line.includes('"type":"event"'))
    const swapped = lines.with(eventAt, lines[eventAt + 1] ?? '').with(eventAt + 1, lines[eventAt] ?? '')
    const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ['an edit', lines.map((line) => line.replaceAll('"ada"', '"eve"')), ['manifest_wrong', 'wrong_hash']],
      ['a gap', without(eventAt + 1), ['gap', 'manifest_wrong']],
      ['reorder', swapped, ['manifest_wrong', 'reordered']],
      ['a duplicate', lines.toSpliced(eventAt, 0, lines[eventAt] ?? ''), ['duplicate', 'manifest_wrong']],
      ['a cut tail', lines.slice(0, -4), ['manifest_missing']],
      ['a missing checkpoint', lines.filter((line) => !line.includes('"type":"checkpoint"')), ['manifest_wrong']],
      ['more after the end', [...lines, lines[1] ?? ''], ['manifest_wrong']],
      ['a line of noise', lines.with(2, '{"type":"event"}'), ['manifest_wrong', 'unreadable']],
      [
        'another manifest',
        lines.with(lines.length - 1, (lines.at(-1) ?? '').replace('"events":', '"events":1')),
        ['manifest_unsigned', 'manifest_wrong'],
      ],
    ]
    for (const [what, changed, expected] of cases) {
      const { defects } = await read(`${changed.join('\n')}\n`)
      expect(
        defects.map(({ kind }) => kind),
        what,
      ).toEqual(expect.arrayContaining([...expected]))
    }
    await expect(read('{}\n')).rejects.toMatchObject({ code: 'audit_export_unreadable' })
  })

  test('AU-10 one byte that is another anywhere is found, and a line of another tenant is named', async () => {
    await workedRun(grounds, 1)
    await grounds.sign()
    const { text } = await exported()
    const kinds_of = async (changed: string) => (await read(changed)).defects.map(({ kind }) => kind)
    for (let at = 200; at < text.length; at += Math.ceil(text.length / 40)) {
      const byte = text.charAt(at) === 'x' ? 'y' : 'x'
      if (text.charAt(at) === '\n') continue
      expect((await kinds_of(`${text.slice(0, at)}${byte}${text.slice(at + 1)}`)).length, `byte ${at}`).toBeGreaterThan(
        0,
      )
    }
    const lines = text.trimEnd().split('\n')
    const mixed = lines.map((line, at) => (at === 2 ? line.replaceAll('ten_local', 'ten_other') : line))
    expect(await kinds_of(`${mixed.join('\n')}\n`)).toEqual(
      expect.arrayContaining(['foreign_tenant', 'manifest_wrong']),
    )
    expect(await kinds_of(text)).toEqual([])
  })

  test('AU-03 what was cut from the database and from one place of checkpoints is told by the other place', async () => {
    const second = createFolderPlace(join(grounds.home, 'second'))
    const places = [grounds.place, second] as const
    const maker = createCheckpointMaker({ ...grounds, places, alarm: ({ what }) => void grounds.alarms.push(what) })
    await workedRun(grounds, 1)
    await maker.make(LOCAL_TENANT)
    const { chain } = await grounds.trail.head(LOCAL_TENANT)
    await workedRun(grounds, 1)
    await maker.make(LOCAL_TENANT)
    const report = () => verifyAudit({ ...grounds, tenant: LOCAL_TENANT, places })
    expect((await report()).defects).toEqual([])
    await history(`delete from gander.audit_event where seq > ${chain.seq};
      update gander.ledger_head set (seq, hash) = (select seq, hash from gander.audit_event order by seq desc limit 1)`)
    const folder = join(grounds.folder, LOCAL_TENANT, '0000')
    rmSync(join(folder, readdirSync(folder).toSorted().at(-1) ?? ''))
    const found = (await report()).defects.map(({ kind, where }) => `${kind} ${where}`)
    expect(found).toContain(`checkpoints_cut ${grounds.place.where}`)
    expect(found.some((defect) => defect.startsWith('truncated'))).toBe(true)
    expect(await maker.make(LOCAL_TENANT)).toBeUndefined()
  })

  test('AU-10 a file that was sealed anew with another key is believed by nobody who has the right one', async () => {
    await workedRun(grounds)
    await grounds.sign()
    const other = await auditGrounds(server)
    opened.push(other)
    const forged = await exported(createRedactor(), other)
    const keys = [...new Set((await read(forged.text)).defects.map(({ kind }) => kind))]
    expect(keys).toEqual(['manifest_unsigned'])
    expect((await exported()).report.defects).toEqual([])
  })

  test('AU-10 a part since a moment verifies by itself, and says that it is one', async () => {
    await workedRun(grounds)
    await grounds.sign()
    await new Promise((resolve) => setTimeout(resolve, 20))
    const { read_at } = await grounds.trail.head(LOCAL_TENANT)
    await workedRun(grounds, 2)
    await grounds.sign()
    const { report } = await exported(createRedactor(), grounds, read_at)
    expect(report).toMatchObject({ since: read_at, defects: [], acts: 4, checkpoints: 2 })
  })
})

async function exported(redactor = createRedactor(), signer = grounds, since?: string) {
  const { trail, place } = grounds
  const wish = { trail, place, key: signer.key, public_keys: {}, redactor, tenant: LOCAL_TENANT }
  const pieces: string[] = []
  for await (const line of exportAudit({ ...wish, ...(since !== undefined && { since }) })) pieces.push(line)
  const text = pieces.join('')
  return { text, report: await read(text) }
}

async function read(text: string): Promise<ExportReport> {
  return verifyExport({ text: inPieces(text), keys: [grounds.key.public_key], verifierOf })
}

/** Pieces that end anywhere. */
async function* inPieces(text: string): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += 1_777) yield text.slice(from, from + 1_777)
}
