import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofRecords } from '#adapters/postgres'
import type { TenantId } from '#domain/ids'
import type { KeptBaseline, ProofRecords } from '#ports'
import { startTestServer, type TestDatabase, type TestServer } from '../../support/database.ts'

const KEY = 'a'.repeat(64)
const kept = (run_id: string): KeptBaseline => ({
  run_id,
  report_sha256: 'b'.repeat(64),
  artifacts: [{ sha256: 'c'.repeat(64), bytes: 3, kind: 'log', name: 'verify-test.log', data_class: 'internal' }],
})

let server: TestServer
let test: TestDatabase
let own: ProofRecords
let other: ProofRecords

beforeAll(async () => {
  server = await startTestServer()
  test = await server.database()
  const of = (tenant: string) => createProofRecords({ database: test.database, tenant: tenant as TenantId })
  own = of('local')
  other = of('elsewhere')
})
afterAll(() => server.stop())

describe('a kept baseline', () => {
  it('is found by its tenant under its key, and by nobody else', async () => {
    await own.keepBaseline(KEY, kept('run_1'), 60)
    expect(await own.baseline(KEY)).toEqual(kept('run_1'))
    expect(await own.baseline('d'.repeat(64))).toBeUndefined()
    expect(await other.baseline(KEY)).toBeUndefined()
  })

  it('of several runs at once is whole, and each tenant’s own', async () => {
    const runs = ['run_2', 'run_3', 'run_4', 'run_5']
    await Promise.all([
      ...runs.map((run) => own.keepBaseline(KEY, kept(run), 60)),
      other.keepBaseline(KEY, kept('x'), 60),
    ])
    const found = await own.baseline(KEY)
    expect(runs.map(kept)).toContainEqual(found)
    expect(await other.baseline(KEY)).toEqual(kept('x'))
  })

  it('is not used any more once it is too old', async () => {
    await own.keepBaseline(KEY, kept('run_6'), 0)
    expect(await own.baseline(KEY)).toBeUndefined()
  })
})

describe('flakes', () => {
  const seen = (test_id: string, outcomes: number, disagreeing: number) => ({ test_id, outcomes, disagreeing })

  it('are added up by repository and test; what always agreed is not kept until it disagrees', async () => {
    await own.addFlakes('/repo', [seen('a', 3, 1), seen('b', 3, 0)])
    await own.addFlakes('/repo', [seen('a', 3, 0), seen('b', 2, 0)])
    await own.addFlakes('/other', [seen('b', 2, 1)])
    expect(await own.flakes('/repo')).toEqual([seen('a', 6, 1)])
    expect(await own.flakes('/other')).toEqual([seen('b', 2, 1)])
    expect(await other.flakes('/repo')).toEqual([])
  })

  it('of runs that tell of them at once are all counted', async () => {
    const both = [seen('x', 2, 1), seen('y', 2, 1)]
    await Promise.all(
      Array.from({ length: 8 }, (_, at) => own.addFlakes('/at-once', at % 2 ? both : both.toReversed())),
    )
    expect(await own.flakes('/at-once')).toEqual(expect.arrayContaining([seen('x', 16, 8), seen('y', 16, 8)]))
  })
})
