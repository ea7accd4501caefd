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

interface Past {
  /** What people asked to be changed, by run. */
  readonly asked?: Readonly<Record<string, readonly string[]>>
  readonly steps?: readonly object[]
}

/** An execution as far as memory reads it. */
function execution(
  found: object,
  task: object = {},
  approved: readonly Partial<ApprovedMemory>[] = [],
  { asked = {}, steps = [] }: Past = {},
) {
  const proposed: MemoryProposal[] = []
  const memory = {
    approved: async () => approved,
    propose: async ({ proposals }: { proposals: readonly MemoryProposal[] }) => void proposed.push(...proposals),
  }
  const approvals = async (run: string) =>
    (asked[run] ?? []).map((decision_reason) => ({ decision: 'changes_requested', decision_reason }))
  const of = (id: string) => ({ run: { id }, task: taskOf() })
  const store = { approvals, list: async () => ['run_1', 'run_0'].map(of) }
  const journal = { lines: () => steps }
  const run = { id: 'run_1' as RunId }
  const made = { parts: { memory, store }, run, task: { ...taskOf(), ...task }, found, journal }
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

  it('is what made a change fail and the one command that cured it, as trusted as the request', async () => {
    const report = (tree: string, outcome: string) => ({ tree, phases: [{ ...PROFILE.phases[0], outcome }] })
    const step = (key: string, value: object, tree: string | null = null) => ({
      key,
      kind: key.startsWith('verify') ? 'verification' : 'tool_call',
      tree,
      outcome: { value },
    })
    const shell = { name: 'shell_exec', arguments: { argv: ['make', 'gen'] } }
    const steps = [
      step('verify:base', { ...BEFORE, tree: 'base' }),
      step('tool:0:0:0', { answer: { is_error: false, text: 'written' } }, 't1'),
      step('verify:t1', report('t1', 'failed')),
      // Tests tried on a tree of the platform's, and one tree looked at again: neither is an attempt.
      step('verify:red', report('red', 'failed')),
      step('verify:t1:again', report('t1', 'passed')),
      step('model:1:3:0', { answer: { status: 'answered', tool_requests: [shell] } }),
      step('tool:1:3:0', { answer: { is_error: false, text: 'exit code 0 after 0.1 s' } }, 't2'),
      step('verify:t2', report('t2', 'passed')),
    ]
    const before = { ...BEFORE, tree: 'base' }
    const found = { before, profile: PROFILE, change: { files: [] } }
    const ran = execution(found, { trust: 'outsider' }, [], { steps })
    await learn(ran.execution)
    expect(ran.proposed[0]).toMatchObject({
      kind: 'pitfall',
      text: 'A change failed `npm test` (phase unit), which passes on the base commit; it passed after `make gen` was run.',
      inputs: ['merged', 'tool_output', 'outsider'],
    })
  })

  it('is nothing where what failed passed again on the very same tree: that is chance', async () => {
    const verified = (key: string, outcome: string) => ({
      key: `verify:${key}`,
      kind: 'verification',
      tree: null,
      outcome: { value: { tree: key.slice(0, 2), outcome, phases: [{ ...PROFILE.phases[0], outcome }] } },
    })
    const left = (tree: string) => ({ key: `tool:0:${tree}:0`, kind: 'tool_call', tree, outcome: { value: {} } })
    const before = { ...BEFORE, tree: 'base' }
    const learnt = async (...steps: readonly object[]) => {
      const ran = execution({ before, change: { files: [] } }, {}, [], { steps })
      await learn(ran.execution)
      return ran.proposed.map(({ kind }) => kind)
    }
    const [first, second] = [left('t1'), left('t2')]
    const failed = verified('t1', 'failed')
    expect(await learnt(first, failed, second, verified('t2', 'passed'))).toEqual(['pitfall'])
    expect(await learnt(first, failed, verified('t1:again', 'passed'), second, verified('t2', 'passed'))).toEqual([])
  })

  it('is what reviewers asked for before as well, in the words of the first; what was asked once is not', async () => {
    const words = 'Please keep the tests beside the source.'
    const twice = execution({}, {}, [], {
      asked: { run_1: ['Keep the tests beside the source please'], run_0: [words] },
    })
    await learn(twice.execution)
    const once = execution({}, {}, [], { asked: { run_1: [words] } })
    await learn(once.execution)
    expect(twice.proposed).toMatchObject([{ kind: 'convention', inputs: ['member'] }])
    expect(twice.proposed[0]?.text).toContain(words)
    expect(once.proposed).toEqual([])
  })

  it('is who looks after the folders of the change, by the base commit, without people’s addresses', async () => {
    const files: Record<string, string> = { CODEOWNERS: 'src/pay/ @acme/pay\nsrc/web/ ana@example.org' }
    const repository = {
      source: { commit: 'c'.repeat(40), tree: 't' },
      listFiles: async () => Object.keys(files).map((path) => ({ path })),
      readFile: async (_: string, path: string) => new TextEncoder().encode(files[path]),
    }
    const change = { files: [{ path: 'src/pay/pay.ts' }, { path: 'src/web/page.ts' }] }
    const ran = execution({ repository, change })
    await learn(ran.execution)
    expect(ran.proposed).toMatchObject([
      { kind: 'ownership', text: '`src/pay` is looked after by @acme/pay (CODEOWNERS).', inputs: ['merged'] },
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
