import { describe, expect, it } from 'vitest'
import type { RunId } from '#domain/ids'
import type { ApprovedMemory, MemoryProposal } from '#domain/memory'
import { taskOf } from '../../../test/support/agents/scripted-session.ts'
import type { Execution } from './execution.ts'
import { learn } from './learn.ts'
import { notesForContext } from './notes-for-context.ts'

const PROFILE = {
  phases: [
    { id: 'unit', argv: ['npm', 'test'], required: true, timeout_seconds: 60 },
    { id: 'lint', argv: ['npm', 'run', 'lint'], required: true, timeout_seconds: 60 },
  ],
}
const BEFORE = {
  phases: [
    { id: 'unit', outcome: 'passed', tests: [] },
    { id: 'lint', outcome: 'failed', tests: [] },
  ],
}

/** An execution as far as memory reads it. */
function execution(found: object, task: object = {}, approved: readonly Partial<ApprovedMemory>[] = []) {
  const proposed: MemoryProposal[] = []
  const memory = {
    approved: async () => approved,
    propose: async ({ proposals }: { proposals: readonly MemoryProposal[] }) => void proposed.push(...proposals),
  }
  const made = { parts: { memory }, run: { id: 'run_1' as RunId }, task: { ...taskOf(), ...task }, found }
  return { proposed, execution: made as unknown as Execution }
}

const remembered = (text: string, trust: ApprovedMemory['trust']) =>
  ({ id: `mem_${text}`, kind: 'convention', text, trust, confidence: 0.5 }) as const

describe('what a run learns', () => {
  it('is the commands that passed on the base commit, and tests that are chance, with the trust of where each comes from', async () => {
    const ran = execution({ profile: PROFILE, before: BEFORE, known_flaky: new Map([['test/a::b', 'seen']]) })
    await learn(ran.execution)
    expect(ran.proposed.map(({ kind, item, inputs }) => ({ kind, item, inputs }))).toEqual([
      { kind: 'build_hint', item: 'phase unit', inputs: ['merged'] },
      { kind: 'flaky_test', item: 'test/a::b', inputs: ['merged', 'tool_output'] },
    ])
  })

  it('is nothing where nothing was verified, or another’s change is reviewed', async () => {
    const nothing = execution({})
    await learn(nothing.execution)
    const review = execution({ profile: PROFILE, before: BEFORE }, { review: {} })
    await learn(review.execution)
    expect([...nothing.proposed, ...review.proposed]).toEqual([])
  })
})

describe('what a context is told beside the repository', () => {
  it('is memory by trust, so that no entry is labelled above its own', async () => {
    const entries = [remembered('a', 'merged'), remembered('b', 'outsider'), remembered('c', 'merged')]
    const notes = await notesForContext(execution({}, {}, entries).execution)
    expect(notes.map(({ trust_level, source, text }) => ({ trust_level, source, text }))).toEqual([
      { trust_level: 'merged', source: 'memory mem_a, mem_c', text: '- convention: a\n- convention: c' },
      { trust_level: 'outsider', source: 'memory mem_b', text: '- convention: b' },
    ])
  })

  it('is what was foreseen of the scope; where nothing was, nothing', async () => {
    const findings = [{ message: 'Most of what is likely lies outside.' }]
    const notes = await notesForContext(execution({ foreseen: { likely: [], findings } }).execution)
    expect(notes).toMatchObject([{ type: 'plan_note', text: '- Most of what is likely lies outside.' }])
    expect(await notesForContext(execution({}).execution)).toEqual([])
  })
})
