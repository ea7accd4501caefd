import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRepositories } from '#adapters/git'
import { createAutonomyRecords, createGateCalibrations } from '#adapters/postgres'
import { createPolicy } from '#control-plane/policy'
import type { GateName } from '#domain/gate'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import { createRedactor } from '#evidence-plane/redaction'
import {
  BOUNDARY,
  calibrateGates,
  commentsIn,
  DEPENDENCIES,
  gatesOf,
  PROTECTED,
  SECRETS,
  sourcesOf,
  SPECIAL,
  type GateGround,
  type Trial,
} from '#execution-plane/calibration'
import type { Autonomy } from '#ports'
import { openAutonomy } from '../../../src/main/open-autonomy.ts'
import { makeRepository } from '../../../src/main/prepare-demo.ts'
import { taskOf } from '../../support/agents/scripted-session.ts'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'

let home: string
let ground: GateGround
let trial: Omit<Trial, 'gates'>
let server: TestServer
let database: TestDatabase
let autonomy: Autonomy

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-calibration-'))
  await makeRepository(join(import.meta.dirname, '../../../evals/gates/repository'), join(home, 'till'))
  const repositories = createRepositories({ home })
  const run_id = 'run_calibration' as RunId
  const repository = await repositories.open(run_id, await repositories.resolve(join(home, 'till'), null))
  ground = { run_id, repository, policy: createPolicy({ identifiers }), redactor: createRedactor() }
  const sources = await sourcesOf(ground)
  const bad = [...BOUNDARY, ...PROTECTED, ...SPECIAL, ...SECRETS, ...DEPENDENCIES]
  trial = { sources, bad, honest: commentsIn(sources), seed: 7, signal: new AbortController().signal }
  server = await startTestServer()
  database = await server.database()
  const parts = { database: database.database, identifiers }
  autonomy = openAutonomy(home, createAutonomyRecords(parts), createGateCalibrations(parts))
})
afterAll(async () => {
  await server.stop()
  await rm(home, { recursive: true, force: true })
})

const asked = new Map<string, ReturnType<Trial['gates']>>()

/** The real gates; the same question gets the answer it got, since each takes trees and a diff. */
function gates(...[edits, only]: Parameters<Trial['gates']>) {
  const key = JSON.stringify([edits, only])
  const known = asked.get(key) ?? gatesOf(ground, trial.sources)(edits, only)
  asked.set(key, known)
  return known
}

/** A calibration of the real gates, of which one may have been made blind. */
async function calibrated(blind?: GateName) {
  return calibrateGates({
    ...trial,
    gates: async (edits, only) =>
      (await gates(edits, only)).map((verdict) => (verdict.gate === blind ? { ...verdict, answer: 'pass' } : verdict)),
  })
}

const recorded = async (blind?: GateName) => {
  const { gates, corpus } = await calibrated(blind)
  return autonomy.calibrated(LOCAL_TENANT, { repository: null, corpus, by: 'ada', gates })
}
const granted = () => autonomy.grant(taskOf(), { mode: 'draft_pr', level: null })

describe('gates over changes that are known to be bad', () => {
  it('catch each of them, and refuse no honest one', async () => {
    const { gates, misses, not_applied } = await calibrated()
    expect(misses).toEqual([])
    expect(not_applied).toEqual([])
    expect(gates.map(({ gate, standing }) => [gate, standing])).toEqual([
      ['boundary', 'proof'],
      ['protected_files', 'proof'],
      ['special_files', 'proof'],
      ['secrets', 'proof'],
      ['dependencies', 'proof'],
    ])
  })

  it('are tried on the same changes each time', async () => {
    expect((await calibrated()).corpus).toBe((await calibrated('secrets')).corpus)
  })
})

describe('a gate that was made weak', () => {
  it('becomes advice, the level of the next task drops, and a later calibration gives both back', async () => {
    expect((await granted()).level.level).toBe(3)

    expect(await recorded('secrets')).toEqual([{ gate: 'secrets', to: 'advice' }])
    const held = await granted()
    expect(held.level.level).toBe(2)
    expect(held.level.limited_by).toMatchObject([
      { source: 'gate_strength', reason: expect.stringContaining('secrets caught 0 %, floor 97 %') },
    ])
    expect(held.reach.caps).toContainEqual(expect.objectContaining({ source: 'gate_strength', reach: 'supervised_pr' }))
    expect((await autonomy.gates(LOCAL_TENANT)).find(({ gate }) => gate === 'secrets')).toMatchObject({
      standing: 'advice',
      measured_by: 'ada',
    })

    expect(await recorded()).toEqual([{ gate: 'secrets', to: 'proof' }])
    expect((await granted()).level.level).toBe(3)
  })

  it('says so in the ledger, in the transaction of its figures', async () => {
    const events = await database.asOwner(
      `select event, facts ->> 'gate' as gate from gander.audit_event where event like 'gate%' order by seq`,
    )
    expect(events).toEqual([
      { event: 'gates_calibrated', gate: null },
      { event: 'gate_demoted', gate: 'secrets' },
      { event: 'gates_calibrated', gate: null },
      { event: 'gate_restored', gate: 'secrets' },
    ])
  })

  it('of one repository holds back no other one', async () => {
    const { gates, corpus } = await calibrated('boundary')
    await autonomy.calibrated(LOCAL_TENANT, { repository: '/repositories/other', corpus, by: 'ada', gates })
    expect((await granted()).level.level).toBe(3)
    const other = await autonomy.grant(taskOf({ repository: '/repositories/other' }), { mode: 'draft_pr', level: null })
    expect(other.level.level).toBe(2)
  })

  it('still says no: what it refuses is refused as before', async () => {
    await recorded('boundary')
    const verdicts = await gatesOf(ground, trial.sources)([{ path: '.github/workflows/ci.yml', content: 'on: push\n' }])
    expect(verdicts.filter(({ answer }) => answer === 'fail').map(({ gate }) => gate)).not.toEqual([])
  })
})

describe('what is on record of gates', () => {
  it('is no pass that the figures do not give', async () => {
    await expect(
      database.asOwner(
        `insert into gander.gate_strength (tenant_id, repository, gate, caught, bad, false_alarms, honest, floor, standing,
          corpus, measured_by) values ('ten_local', 'x', 'secrets', 1, 2, 0, 0, 0.9, 'proof', 'c', 'mallory')`,
      ),
    ).rejects.toThrow(/check/)
  })
})
