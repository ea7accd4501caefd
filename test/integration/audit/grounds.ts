import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFolderPlace } from '#adapters/ledger-checkpoints'
import { ledgerVerifierOf, openKey } from '#adapters/signing'
import { createAuditTrail, createExchangeJournal, createRunStore } from '#adapters/postgres'
import { LOCAL_TENANT } from '#domain/ids'
import { FOREIGN_TOOL } from '#domain/ledger'
import { createCheckpointMaker, verifyAudit } from '#evidence-plane/ledger'
import { identifiers, type TestServer } from '../../support/database.ts'
import { leased } from '../../support/store-fixtures.ts'

/** A database of its own with a key, a folder for checkpoints, and what reads and signs. */
export async function auditGrounds(server: TestServer) {
  const db = await server.database()
  const home = mkdtempSync(join(tmpdir(), 'gander-audit-'))
  const key = await openKey('audit', home)
  const folder = join(home, 'checkpoints')
  const place = createFolderPlace(folder)
  const trail = createAuditTrail({ database: db.database, identifiers })
  const alarms: string[] = []
  const maker = createCheckpointMaker({
    trail,
    key,
    places: [place],
    alarm: ({ what }) => void alarms.push(what),
  })
  const verify = ledgerVerifierOf([key.public_key])
  return {
    db,
    home,
    key,
    folder,
    place,
    trail,
    maker,
    alarms,
    verify,
    store: createRunStore({ database: db.database, identifiers }),
    journal: createExchangeJournal({ database: db.database }),
    sign: () => maker.make(LOCAL_TENANT),
    report: () => verifyAudit({ trail, tenant: LOCAL_TENANT, places: [place], verify }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}

export type AuditGrounds = Awaited<ReturnType<typeof auditGrounds>>

const ARGS = 'a'.repeat(64)

/** A run that calls a tool and a model as the gateways record it, and ends there. */
export async function workedRun({ store, journal }: AuditGrounds, calls = 3) {
  const { run, lease } = await leased(store)
  for (let call = 0; call < calls; call++) {
    const tool = {
      key: `tool:0:${call}:0`,
      kind: 'tool_call',
      request: { tool: 'file_read', arguments: { call } },
    } as const
    const begun = await store.beginStep(run.id, lease, tool)
    if (!begun.ok) throw new Error(begun.refusal.message)
    const events = [
      { event: 'tool_call_requested', facts: { tool: 'file_read', args_hash: ARGS, state: 'editing' } },
    ] as const
    const tool_call = {
      tool: 'file_read',
      tool_version: '1',
      args_sha256: ARGS,
      status: 'ok',
      rule: null,
      duration_ms: 1,
    } as const
    await store.finishStep(run.id, lease, begun.value.n, { value: { call }, events, tool_call })
    await modelCall({ store, journal }, { run: run.id, lease }, call)
  }
  return { run, lease }
}

/** Calls of a foreign tool as the gateway to foreign servers records them. */
export async function foreignCalls({ store }: Pick<AuditGrounds, 'store'>, calls: number) {
  const { run, lease } = await leased(store)
  for (let call = 0; call < calls; call++) {
    const tool = 'mcp__docs__echo'
    const key = `mcp:tool:0:${call}:0`
    const begun = await store.beginStep(run.id, lease, {
      key,
      kind: 'tool_call',
      request: { tool, arguments: { call } },
    })
    if (!begun.ok) throw new Error(begun.refusal.message)
    const facts = { tool, args_hash: `${call}`.repeat(64), state: 'editing' }
    const event = { event: 'tool_call_requested', facts, resource_type: FOREIGN_TOOL, resource_id: tool } as const
    const rest = { tool_version: '1', status: 'ok', rule: null, duration_ms: 1 } as const
    const tool_call = { tool, args_sha256: facts.args_hash, ...rest }
    await store.finishStep(run.id, lease, begun.value.n, { value: { call }, events: [event], tool_call })
  }
  return { run, lease }
}

async function modelCall(
  { store, journal }: Pick<AuditGrounds, 'store' | 'journal'>,
  {
    run,
    lease,
  }: { readonly run: Parameters<typeof store.beginStep>[0]; readonly lease: Parameters<typeof store.beginStep>[1] },
  call: number,
) {
  const begun = await store.beginStep(run, lease, { key: `model:0:${call}:0`, kind: 'model_call', request: { call } })
  if (!begun.ok) throw new Error(begun.refusal.message)
  const call_key = `${run}/${begun.value.n}/0`
  await journal.claim(call_key, 'b'.repeat(64), run, LOCAL_TENANT)
  const facts = {
    call_key,
    model: 'm',
    phase: 'edit',
    input_tokens: 1,
    output_tokens: 1,
    cost_usd: 0,
    outcome: 'answered',
  }
  await store.finishStep(run, lease, begun.value.n, { value: { call }, events: [{ event: 'model_called', facts }] })
}
