import { describe, expect, test } from 'vitest'
import type { Json } from '#domain/json'
import type { Run } from '#domain/run'
import type { PolicyDecision, StepKind, StepRecord } from '#ports'
import { compareRuns, type PlayedRun } from './compare-runs.ts'

/** A step with its number and key, what it came to, and the tree it left. */
const step = (n: number, key: string, kind: StepKind, [value, tree]: readonly [Json, string?]): StepRecord => ({
  n,
  key,
  kind,
  request_sha256: '',
  intent_at: '',
  outcome: { value },
  outcome_at: '',
  tree: tree ?? null,
  cost_usd: 0,
})

const STEPS: readonly StepRecord[] = [
  step(1, 'transition:0:preparing', 'transition', ['preparing']),
  step(2, 'model:1:0:0', 'model_call', [{ answer: { status: 'failed' } }]),
  step(3, 'model:1:0:1', 'model_call', [{ answer: { status: 'answered', tool_requests: [{ name: 'file_edit' }] } }]),
  step(4, 'tool:1:0:0', 'tool_call', [{ answer: { name: 'file_edit', is_error: false } }, 'aaa']),
  step(5, 'gate:boundary:0', 'gate', [{ verdicts: [{ gate: 'boundary', answer: 'pass' }] }]),
  step(6, 'publication:plan', 'publication', [{ branch: 'b' }]),
]
const DECISION = {
  action: 'file.edit',
  answer: 'allow',
  matched_rules: [{ policy: 'p', rule: 'r' }],
} as unknown as PolicyDecision

const played = (wish: { run?: object; steps?: readonly StepRecord[]; decisions?: readonly PolicyDecision[] } = {}) =>
  ({
    run: { id: 'run_1', state: 'completed', facts: { tree: 'aaa', gates: { boundary: 'pass' } }, ...wish.run },
    steps: wish.steps ?? STEPS,
    decisions: wish.decisions ?? [DECISION],
  }) as PlayedRun

const differs = (is: PlayedRun) =>
  compareRuns(played(), is)
    .compared.filter(({ same }) => !same)
    .map(({ what }) => what)

describe('a replay held against its original', () => {
  test('is the same whatever number its steps have, without publishing and without failed attempts', () => {
    const steps = [
      step(9, 'model:1:0:0', 'model_call', [
        { answer: { status: 'answered', tool_requests: [{ name: 'file_edit' }] } },
      ]),
      step(8, 'gate:boundary:0', 'gate', [{ verdicts: [{ gate: 'boundary', answer: 'pass' }] }]),
      step(12, 'tool:1:0:0', 'tool_call', [{ answer: { name: 'file_edit', is_error: false } }, 'aaa']),
    ]
    const run = { state: 'pr_created' } as Partial<Run>
    const push = { ...DECISION, action: 'branch.push' } as PolicyDecision
    expect(compareRuns(played({ run, decisions: [DECISION, push] }), played({ steps }))).toMatchObject({
      same: true,
      departed: null,
    })
  })

  test('departs at the first step that came to something else, and says what', () => {
    const steps = STEPS.map((each) =>
      each.n === 4 ? step(4, each.key, 'tool_call', [{ answer: { name: 'file_edit', is_error: true } }]) : each,
    )
    const { departed, same } = compareRuns(played(), played({ steps }))
    expect(same).toBe(false)
    expect(departed).toMatchObject({ step: 4, key: 'tool:1:0:0' })
    expect(departed?.why).toMatch(/was file_edit done, tree aaa, and is file_edit refused/)
  })

  test('departs where a step did not happen, with the reason the replay ended for', () => {
    const run = { state: 'failed', diagnosis: { class: 'x', what: '', why: 'the run departs', next: '' } }
    const { departed } = compareRuns(played(), played({ steps: STEPS.slice(0, 3), run }))
    expect(departed).toMatchObject({ step: 4, why: expect.stringContaining('the run departs') as string })
  })

  test('departs where there is a step too many', () => {
    const steps = [...STEPS, step(7, 'tool:1:1:0', 'tool_call', [{ answer: { name: 'finish', is_error: false } }])]
    expect(compareRuns(played(), played({ steps })).departed).toMatchObject({ step: 7, key: 'tool:1:1:0' })
  })

  test.each([
    ['tree', played({ run: { facts: { tree: 'bbb', gates: { boundary: 'pass' } } } })],
    ['verdict', played({ run: { facts: { tree: 'aaa', gates: { boundary: 'fail' } } } })],
    ['verdict', played({ run: { state: 'cancelled', by: 'ada' } })],
    ['decisions', played({ decisions: [{ ...DECISION, answer: 'deny' }] })],
    ['decisions', played({ decisions: [DECISION, DECISION] })],
  ])('is another one by its %s', (what, is) => expect(differs(is)).toEqual([what]))
})
