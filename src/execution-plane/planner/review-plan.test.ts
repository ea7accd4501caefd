import { describe, expect, it } from 'vitest'
import type { Plan } from '#domain/plan'
import type { Task } from '#domain/task'
import { PLAN, taskOf } from '../../../test/support/agents/scripted-session.ts'
import { checkPlan, recordPlan } from './index.ts'
import type { PlanGround } from './plan-ground.ts'
import { PLAN_RULES } from './plan-rules.ts'
import { reviewPlan } from './review-plan.ts'

const GROUND: PlanGround = { likely: [], focused_command: null, owners: [], risk_notes: [] }
const PHASE = { id: 'unit', argv: ['npm', 'test'], required: true, timeout_seconds: 60 }

const GOOD: Plan = {
  objective: 'An invoice with a discount of zero has the total it would have without one.',
  assumptions: ['a discount of zero means none'],
  constraints: ['the public API stays as it is'],
  steps: [
    { id: 'S1', action: 'reproduce', target: 'test/invoice.test.ts', expected_evidence: 'one failing test' },
    {
      id: 'S2',
      action: 'edit the calculation',
      target: 'src/invoice.ts',
      expected_evidence: 'a diff of src/invoice.ts',
    },
    { id: 'S3', action: 'verify', target: 'npm test', expected_evidence: 'the test report' },
  ],
  verification: ['npm test -- invoice'],
  forbidden: ['changes of the schema'],
  risk: 'medium',
}

const told = (plan: Partial<Plan>, task: Partial<Task> = {}, ground: Partial<PlanGround> = {}) => {
  const question = { task: { ...taskOf({}), ...task }, ground: { ...GROUND, ...ground }, profile: { phases: [PHASE] } }
  return reviewPlan({ ...GOOD, ...plan }, question).map(({ rule, severity }) => `${severity} ${rule}`)
}

const risk = (over: object) =>
  ({
    tier: 'high',
    reasons: [],
    required_approvals: [],
    facts: { reversibility: 'revert_commit' },
    ...over,
  }) as unknown as NonNullable<Task['risk']>

describe('a review of a plan', () => {
  it('finds nothing in a good one', () => {
    expect(told({}, { is_fix: true, constraints: ['no new dependency'], risk: risk({ tier: 'medium' }) })).toEqual([])
  })

  it.each([
    ['assumptions_explicit', { assumptions: [' '] }, {}],
    ['constraints_explicit', { constraints: [] }, { constraints: ['no new dependency'] }],
    ['reproduction_planned', { steps: GOOD.steps.slice(1, 2) }, { is_fix: true }],
    ['verification_runs', { verification: ['look at the page'] }, {}],
    ['risk_stated', { risk: 'low' }, { risk: risk({ tier: 'critical' }) }],
    ['approval_stated', { risk: 'high' }, { risk: risk({ required_approvals: ['security_owner'] }) }],
  ] as const)('warns by %s', (rule, plan, task) => {
    expect(told(plan, { is_fix: false, ...task })).toEqual([`warning ${rule}`])
  })

  it('warns where the likely files are looked at by no step, and where a target cannot be pushed', () => {
    const likely = ['src/cart.ts', 'src/order.ts', 'src/price.ts'].map((path) => ({ path, reasons: [] }))
    expect(told({}, {}, { likely })).toEqual(['warning likely_considered'])
    expect(told({}, {}, { likely: [...likely, { path: 'src/invoice.ts', reasons: [] }] })).toEqual([])
    expect(told({}, {}, { push_limits: { unpushable: ['src/invoice.ts'], because: '' } })).toEqual([
      'warning target_pushable',
    ])
    // What is only run or looked at is not pushed.
    expect(told({}, {}, { push_limits: { unpushable: ['test/invoice.test.ts'], because: '' } })).toEqual([])
  })

  it('takes a command of the repository’s manifests, or the profile itself, for a verification', () => {
    const verification = ['make check']
    expect(told({ verification })).toEqual(['warning verification_runs'])
    expect(told({ verification }, {}, { commands: ['make check'] })).toEqual([])
    expect(told({ verification: ['pytest test/invoice'] }, {}, { focused_command: 'pytest test/invoice' })).toEqual([])
    expect(told({ verification: ['the profile of the repository'] })).toEqual([])
  })

  it('sends a plan back for errors alone', () => {
    const weak = { ...GOOD, assumptions: [], risk: 'low' as const }
    expect(checkPlan(weak, taskOf({}))).toEqual([])
    expect(told({ steps: [], verification: [] })).toEqual(
      expect.arrayContaining(['error steps_present', 'error verification_named']),
    )
  })

  it('says with each finding what every plan is asked for, and why', () => {
    expect(reviewPlan({ ...GOOD, assumptions: [] }, { task: taskOf({}) })[0]).toMatchObject({
      rule: 'assumptions_explicit',
      ...PLAN_RULES.assumptions_explicit,
    })
  })
})

describe('the record of a plan', () => {
  const record = (task: Partial<Task>, plan: Plan = PLAN) =>
    recordPlan(
      { plan, plan_sha256: 'a'.repeat(64), foreseen: [] },
      {
        task: { ...taskOf({}), ...task },
        ground: { ...GROUND, owners: ['team-billing'] },
        profile: { phases: [PHASE] },
      },
    )

  it('holds owners, what must pass, the files that are written and how to take the change back', () => {
    expect(record({ mode: 'draft_pr' }, GOOD)).toMatchObject({
      owners: ['team-billing'],
      planned_files: ['src/invoice.ts'],
      verification: { focused: null, required: ['npm test'] },
      rollback: [expect.stringContaining('git revert')],
    })
    expect(record({ mode: 'dry_run_patch' }).rollback).toEqual([expect.stringContaining('nothing to take back')])
  })

  it('says what a revert does not take back', () => {
    const steps = [{ id: 'S1', action: 'edit', target: 'db/migrations/7.sql', expected_evidence: 'a new column' }]
    const { rollback } = record(
      { mode: 'draft_pr', risk: risk({ facts: { reversibility: 'irreversible' } }) },
      { ...GOOD, steps },
    )
    expect(rollback.slice(1)).toEqual([
      expect.stringContaining('db/migrations/7.sql'),
      expect.stringContaining('cannot be taken back'),
    ])
  })
})
