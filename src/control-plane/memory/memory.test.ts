import { describe, expect, it } from 'vitest'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import type { MemoryEntry, MemoryProposal } from '#domain/memory'
import type { MemoryRecords, ProposalBatch } from '#ports'
import { createMemory } from './index.ts'

const SECRET = 'hunter2-hunter2'
const run_id = 'run_00000000000000000000000001' as RunId

/** Records that keep what they are given; whether they keep it well is asked of the real ones. */
function memory(of: Partial<MemoryRecords> = {}) {
  const kept: Parameters<MemoryRecords['propose']>[1]['proposals'][number][] = []
  const records: MemoryRecords = {
    list: async () => [],
    find: async () => undefined,
    propose: async (_, { proposals }) => {
      kept.push(...proposals)
      return proposals.map(({ id }) => ({ kind: 'proposed', id }))
    },
    approve: async () => undefined,
    forget: async () => undefined,
    sweep: async () => ({ expired: 0, erased: 0 }),
    ...of,
  }
  let made = 0
  const desk = createMemory({
    tenant: LOCAL_TENANT,
    records,
    redactor: { redact: async (text) => ({ text, count: text.includes(SECRET) ? 1 : 0, kinds: [], confirmed: false }) },
    suspicions: async (text) => (text.includes('ignore all') ? ['suspicious.overrides_rules'] : []),
    identifiers: { make: (kind) => `${kind}_${++made}` as never },
  })
  const proposing = (...proposals: readonly Partial<MemoryProposal>[]) => {
    const given = proposals.map((each): MemoryProposal => ({ ...PROPOSAL, ...each }))
    const batch: ProposalBatch = { repository: '/srv/a', by: 'gander', run_id, proposals: given }
    return desk.propose(batch)
  }
  return { desk, kept, proposing }
}

const PROPOSAL: MemoryProposal = {
  kind: 'build_hint',
  text: '`npm test` passed.',
  item: 'phase unit',
  commit: 'c'.repeat(40),
  inputs: ['merged'],
}

const entry = (of: Partial<MemoryEntry> = {}): MemoryEntry => ({
  id: 'mem_1',
  repository: '/srv/a',
  kind: 'build_hint',
  text: '`npm test` passed.',
  source: { run_id, item: 'phase unit', commit: null },
  trust: 'merged',
  confidence: 0.45,
  flags: [],
  state: 'proposed',
  hash: 'a'.repeat(64),
  seen: 1,
  proposed_by: 'gander',
  proposed_at: '2026-01-01T00:00:00.000Z',
  reviewer: null,
  reviewed_at: null,
  reason: '',
  conflicts_with: [],
  expires_at: '2026-02-01T00:00:00.000Z',
  ...of,
})

describe('a proposal', () => {
  it('is kept in one visible line, with the lowest trust of its inputs', async () => {
    const { proposing, kept } = memory()
    await proposing({ text: 'run\n`make gen`\u200b', inputs: ['operator', 'outsider', 'merged'] })
    expect(kept).toMatchObject([{ text: 'run `make gen`⟦U+200B⟧', trust: 'outsider', flags: [] }])
  })

  it('is never worth what an operator says is: it would stand unquoted in a context', async () => {
    const { proposing, kept } = memory()
    await proposing({ inputs: ['operator'] }, { text: 'b', inputs: [] })
    expect(kept.map(({ trust }) => trust)).toEqual(['merged', 'unknown'])
  })

  it('that holds a secret, says nothing or is too long is refused whole; the others of its batch are kept', async () => {
    const { proposing, kept } = memory()
    const outcomes = await proposing({ text: SECRET }, { text: ' \n' }, { text: 'x'.repeat(401) }, { item: SECRET }, {})
    expect(outcomes).toMatchObject([
      { because: 'secret' },
      { because: 'empty' },
      { because: 'too_long' },
      { because: 'secret' },
      { kind: 'proposed' },
    ])
    expect(kept).toHaveLength(1)
  })

  it('beyond what one run may say is refused', async () => {
    const { proposing } = memory()
    const outcomes = await proposing(...Array.from({ length: 10 }, (_, at) => ({ text: `entry ${at}` })))
    expect(outcomes.map(({ kind }) => kind)).toEqual([...Array(8).fill('proposed'), 'refused', 'refused'])
  })
})

describe('an approval', () => {
  const approval = { by: 'ana', reason: '', hash: 'a'.repeat(64), days: 90, despite_flags: false }
  const over = (of: Partial<MemoryEntry>) =>
    memory({ find: async () => entry(of), approve: async () => entry({ ...of, state: 'approved' }) }).desk

  it('of the text that was shown lets it in', async () => {
    expect(await over({}).approve('mem_1', approval)).toMatchObject({ state: 'approved' })
  })

  it.each([
    ['another text', { hash: 'b'.repeat(64) }, 'memory_changed'],
    ['what was forgotten', { state: 'forgotten', text: '' }, 'memory_changed'],
    ['what is flagged, unless the reviewer says so', { flags: ['suspicious.overrides_rules'] }, 'memory_flagged'],
  ] as const)('of %s is refused', async (_, of, code) => {
    await expect(over(of).approve('mem_1', approval)).rejects.toMatchObject({ code })
  })

  it('of what is flagged is taken when the reviewer says that they saw it', async () => {
    const flagged = over({ flags: ['memory.names_a_source'] })
    expect(await flagged.approve('mem_1', { ...approval, despite_flags: true })).toMatchObject({ state: 'approved' })
  })

  it.each([0, 366, 1.5, Number.NaN])('for %d days is refused', async (days) => {
    await expect(over({}).approve('mem_1', { ...approval, days })).rejects.toMatchObject({ code: 'usage' })
  })
})

it('what a context may hold comes surest first', async () => {
  const entries = [entry({ id: 'mem_1', confidence: 0.4 }), entry({ id: 'mem_2', confidence: 0.8 })]
  const { desk } = memory({ list: async () => entries })
  expect((await desk.approved('/srv/a')).map(({ id }) => id)).toEqual(['mem_2', 'mem_1'])
})
