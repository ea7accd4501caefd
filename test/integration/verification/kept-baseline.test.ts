import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFilesystemArtifacts } from '#adapters/artifacts/filesystem'
import { createProofRecords } from '#adapters/postgres'
import { DEFAULT_SANDBOX_PROFILE } from '#domain/sandbox'
import type { EventDraft } from '#domain/event'
import type { TenantId } from '#domain/ids'
import type { Json } from '#domain/json'
import type { StepOutcome } from '#ports'
import type { Execution } from '../../../src/execution-plane/worker/execution.ts'
import { verify } from '../../../src/execution-plane/worker/verify.ts'
import { startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'
import { plainDriver } from '../verifier/plain-driver.ts'
import { verifierWorld } from '../verifier/world.ts'

const TEST = 'import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertTrue(True)\n'

let server: TestServer
let test: TestDatabase
let world: Awaited<ReturnType<typeof verifierWorld>>
const home = mkdtempSync(join(tmpdir(), 'gander-kept-'))

beforeAll(async () => {
  server = await startTestServer()
  test = await server.database()
  world = await verifierWorld({ 'tests/test_a.py': TEST })
})
afterAll(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
})

/** A run that verifies the base commit, of one repository each test. */
function runOf(id: string, repository: string, fingerprint = 'plain') {
  const events: EventDraft[] = []
  const perform = async (_: unknown, act: () => Promise<StepOutcome<Json>>) => {
    const done = await act()
    events.push(...(done.events ?? []))
    return done.value
  }
  const execution = {
    parts: {
      driver: plainDriver(),
      proof_records: createProofRecords({ database: test.database, tenant: 'local' as TenantId }),
      artifacts: createFilesystemArtifacts({ home }),
      redactor: world.redactor,
      clock: { now: () => Date.now(), sleep: async () => undefined },
    },
    run: { id },
    task: { repository, trust: 'operator' },
    journal: { perform },
    signal: new AbortController().signal,
    found: {
      repository: { ...world.repository, source: { tree: world.base_tree } },
      profile: world.profile,
      sandbox: { ...DEFAULT_SANDBOX_PROFILE, version: 'v' },
      fingerprint,
      reports: new Map(),
    },
  } as unknown as Execution
  const look = () => verify(execution, { tree: world.base_tree })
  return { look, told: () => events.filter(({ event }) => event === 'baseline_recomputed').map(({ facts }) => facts) }
}

/** Alters every stored report: what tells of the tests is another text. */
async function corrupt(): Promise<void> {
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    await chmod(path, 0o600)
    writeFileSync(path, '{"phases":[]}')
  }
}

describe('a report of the base commit', () => {
  it('is taken over by a later run, and verified anew where its bytes are others, which is on record', async () => {
    expect((await runOf('run_1', '/a').look()).reused_from).toBeUndefined()
    const second = runOf('run_2', '/a')
    expect([(await second.look()).reused_from, second.told()]).toEqual(['run_1', []])
    await corrupt()
    const third = runOf('run_3', '/a')
    const report = await third.look()
    expect([report.reused_from, report.outcome]).toEqual([undefined, 'passed'])
    expect(third.told()).toEqual([{ tree: world.base_tree, kept_by: 'run_1', reason: expect.stringContaining('kept') }])
    expect((await runOf('run_4', '/a').look()).reused_from).toBe('run_3')
  })

  it('is not taken over in another environment', async () => {
    await runOf('run_1', '/b').look()
    const other = runOf('run_2', '/b', 'another toolchain')
    expect([(await other.look()).reused_from, other.told()]).toEqual([undefined, []])
  })

  it('of two runs at once is whole, whoever was first', async () => {
    const both = await Promise.all([runOf('run_1', '/c').look(), runOf('run_2', '/c').look()])
    expect(both.map(({ outcome }) => outcome)).toEqual(['passed', 'passed'])
    const later = await runOf('run_3', '/c').look()
    expect(['run_1', 'run_2']).toContain(later.reused_from)
    expect(later.phases.map(({ tests }) => tests.length)).toEqual(both[0]?.phases.map(({ tests }) => tests.length))
  })
})
