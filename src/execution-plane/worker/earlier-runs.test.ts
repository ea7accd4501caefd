import { describe, expect, test } from 'vitest'
import type { RunOverview } from '#ports'
import { taskOf } from '../../../test/support/agents/scripted-session.ts'
import { notesOfEarlierRuns } from './earlier-runs.ts'
import type { Execution } from './execution.ts'

const REPORT = { verdict: 'fail', reasons: [{ text: 'The overflow is not tested.', evidence_refs: ['C1'] }] }

const ended = (id: string, over: object = {}, of: Parameters<typeof taskOf>[0] = {}) =>
  ({
    run: {
      id,
      tenant_id: 'local',
      state: 'needs_human',
      diagnosis: { class: 'judge_rejected', what: 'The judge does not accept the change.', why: 'No test.', next: '' },
      facts: { base_sha: 'c'.repeat(40), gates: { judge: 'fail', boundary: 'pass' }, repairs_used: 2 },
      ...over,
    },
    task: taskOf(of),
    created_at: '2026-01-01T00:00:00.000Z',
  }) as unknown as RunOverview

/** A run of the task, made after the given ones. */
const runAfter = (earlier: readonly RunOverview[], of: Parameters<typeof taskOf>[0] = {}) =>
  ({
    run: { id: 'run_now', tenant_id: 'local' },
    task: taskOf(of),
    created_at: '2026-01-02T00:00:00.000Z',
    parts: {
      store: {
        list: async () => earlier,
        approvals: async () => [
          { decision: 'changes_requested', decision_reason: 'Keep the old name.' },
          { decision: 'approved', decision_reason: 'fine' },
        ],
        artifacts: async () => [{ kind: 'judge_report', name: 'judge-0.json', sha256: 'a', bytes: 1 }],
      },
      artifacts: { get: async () => new TextEncoder().encode(JSON.stringify(REPORT)) },
    },
  }) as unknown as Execution

describe('what earlier runs of a task tell the next one', () => {
  test('how they ended, which gates said no, what the review found, and what people said', async () => {
    const [attempt, feedback, people] = await notesOfEarlierRuns(runAfter([ended('run_1')]))
    expect(attempt).toMatchObject({ layer: 'previous_attempts', source: 'run run_1', trust_level: 'tool_output' })
    expect(attempt?.text).toContain('needs human (judge rejected) on commit cccccccccccc')
    expect(attempt?.text).toContain('gates that said no: judge\n- repairs that did not help: 2')
    expect(feedback).toMatchObject({ layer: 'reviewer_feedback', source: 'judge of run run_1' })
    expect(feedback?.text).toBe('- The overflow is not tested.')
    expect(people).toMatchObject({ layer: 'reviewer_feedback', trust_level: 'member', text: '- Keep the old name.' })
  })

  test('three attempts at most, the newest', async () => {
    const notes = await notesOfEarlierRuns(runAfter([1, 2, 3, 4].map((n) => ended(`run_${n}`))))
    const told = notes.filter(({ layer }) => layer === 'previous_attempts').map(({ source }) => source)
    expect(told).toEqual(['run run_1', 'run run_2', 'run run_3'])
  })

  test.each([
    ['a run that succeeded', ended('run_1', { state: 'completed' })],
    ['a run of another task', ended('run_1', {}, { objective: 'Something else.' })],
    ['a run on another repository', ended('run_1', {}, { repository: '/repositories/other' })],
    ['itself', ended('run_now')],
  ])('nothing of %s', async (_what, other) => expect(await notesOfEarlierRuns(runAfter([other]))).toEqual([]))

  test('nothing where a record is run again, which saw none', async () => {
    const replay = { run: 'run_1' } as unknown as NonNullable<ReturnType<typeof taskOf>['replay']>
    expect(await notesOfEarlierRuns(runAfter([ended('run_1')], { replay }))).toEqual([])
  })
})
