import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MemoryEntry } from '#domain/memory'
import { openLab, type Lab } from '../support/lab/lab.ts'
import { plan, play } from '../support/lab/play.ts'
import { packetOf, runScripted } from '../support/lab/session.ts'

let lab: Lab
let repository: string

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
})
afterAll(() => lab.close())

const planned = (target: string, ...words: readonly string[]) =>
  runScripted(lab, play({ planning: [plan(target)] }), {
    repository,
    words: ['--mode', 'analysis_only', ...words],
  })

describe('memory', () => {
  it('is proposed by a run from what it verified, and shown to a later one only after a person let it in', async () => {
    const first = await planned('stocktake/count.py')
    expect(first.outcome.state).toBe('completed')
    const waiting = JSON.parse((await lab.gander(['memory', 'list', '--json'])).stdout) as readonly MemoryEntry[]
    expect(waiting).toMatchObject([{ kind: 'build_hint', state: 'proposed', trust: 'merged', flags: [] }])
    expect(JSON.stringify(first.requests)).not.toContain('Remembered from earlier runs')
    const { code } = await lab.gander(['memory', 'approve', waiting[0]?.id ?? ''])
    expect(code).toBe(0)
    const second = await planned('README.md', '--allow', 'README.md')
    const [told] = second.requests.map(({ body }) => JSON.stringify(body))
    expect(told).toContain('Remembered from earlier runs')
    expect(told).toContain(JSON.stringify(waiting[0]?.text).slice(1, -1))
    // What the ranker thinks lies outside is a warning: the run goes on, and its agent is told.
    expect(told).toContain('lie outside what the task may change')
    const kept = await lab.gander(['artifacts', second.outcome.run_id, 'plan_record'])
    const record = JSON.parse(kept.stdout) as object
    expect(record).toMatchObject({
      likely_files: expect.arrayContaining([expect.objectContaining({ path: 'stocktake/count.py' })]),
      foreseen: [{ rule: 'likely_outside_scope', severity: 'warning' }],
      verification: { focused: expect.stringContaining('tests/test_count.py') },
    })
  })
})

describe('a scope that no file of the repository lies in', () => {
  it('ends a fix before a model is asked, with what to correct', async () => {
    const { code, outcome, requests } = await planned('stocktake/count.py', '--allow', 'source/**')
    expect({ code, state: outcome.state, requests: requests.length }).toEqual({
      code: 3,
      state: 'needs_human',
      requests: 0,
    })
    expect((await packetOf(outcome)).evidence.outcome.diagnosis).toMatchObject({
      class: 'scope_unfit',
      what: expect.stringContaining('source/**'),
    })
  })
})
