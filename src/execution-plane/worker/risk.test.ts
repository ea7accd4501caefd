import { describe, expect, it } from 'vitest'
import type { RiskReading } from '#domain/risk'
import type { RunMode } from '#domain/task'
import { BUILT_IN_PROFILES } from '#domain/workflow'
import { capabilityOpen } from './capability-open.ts'
import { workflowOf } from './checkpoints.ts'
import type { Execution } from './execution.ts'
import { heldToReviewNumbers, heldToTestNumbers, publicationTooLarge } from './level-numbers.ts'
import { publicationForbidden } from './risk.ts'

const reading = (tier: RiskReading['tier'], max_level: 1 | 2 | 3 | 4, forbidden_actions: readonly string[] = []) =>
  ({
    tier,
    max_level,
    forbidden_actions,
    reasons: [{ signal: 'data_impact', reason: 'it handles secrets', tier }],
  }) as unknown as RiskReading

const execution = (mode: RunMode, found: object, task: object = {}, parts: object = {}) =>
  ({ run: { mode, tenant_id: 'tenant_x' }, task, found, parts }) as unknown as Execution

const critical = reading('critical', 1, ['branch.push', 'pull_request.open'])

describe('the risk of what was changed', () => {
  it('ends a run that would publish what may not be, and no patch that stays here', () => {
    expect(publicationForbidden(execution('draft_pr', { risk: critical }))).toMatchObject({
      state: 'blocked_policy',
      why: 'branch.push and pull_request.open is forbidden: it handles secrets.',
    })
    expect(publicationForbidden(execution('local_branch', { risk: critical }))).toMatchObject({ kind: 'end' })
    expect(publicationForbidden(execution('dry_run_patch', { risk: critical }))).toBeUndefined()
    expect(publicationForbidden(execution('draft_pr', { risk: reading('high', 2) }))).toBeUndefined()
  })

  it('lowers the level of a run that leaves something behind, from the moment it was read', () => {
    const workflow = BUILT_IN_PROFILES[3]
    expect(workflowOf(execution('draft_pr', {}, { workflow })).level).toBe(3)
    const risen = workflowOf(execution('draft_pr', { risk: reading('high', 2) }, { workflow }))
    expect(risen).toMatchObject({ level: 2, phases: { test: { checkpoint: { on_timeout: 'stop' } } } })
    expect(workflowOf(execution('dry_run_patch', { risk: reading('high', 2) }, { workflow })).level).toBe(3)
  })
})

describe('the figures of a level', () => {
  const workflow = BUILT_IN_PROFILES[4]
  const pass = {
    gate: 'verification',
    answer: 'pass',
    decided_by: 'model',
    reason: 'all',
    findings: [],
    evidence: [],
  } as const
  const after = {
    phases: [
      {
        tests: [
          { id: 'a', outcome: 'failed' },
          { id: 'b', outcome: 'passed' },
        ],
      },
    ],
  }

  it('make a no of a yes of the tests or the judge, decided by the platform, and never a yes of a no', () => {
    const tested = heldToTestNumbers(execution('draft_pr', { after }, { workflow }), pass)
    expect(tested).toMatchObject({ answer: 'fail', decided_by: 'deterministic' })
    expect(tested.findings.map(({ rule }) => rule)).toEqual(['level.all_pass', 'level.coverage_min'])
    const judgement = { required_human_attention: ['look'], checks: { risk: 'low' } }
    const judged = heldToReviewNumbers(execution('draft_pr', { judgement }, { workflow }), { ...pass, gate: 'judge' })
    expect(judged.findings.map(({ rule }) => rule)).toEqual(['level.max_blockers'])
    const no = { ...pass, answer: 'fail' } as const
    expect(heldToTestNumbers(execution('draft_pr', {}, { workflow, agreement: { coverage: 1 } }), no)).toBe(no)
  })

  it('let through what reaches them, and ask nothing below level 4', () => {
    expect(heldToTestNumbers(execution('draft_pr', {}, { workflow, agreement: { coverage: 0.9 } }), pass)).toBe(pass)
    expect(heldToTestNumbers(execution('draft_pr', { after }, { workflow: BUILT_IN_PROFILES[3] }), pass)).toBe(pass)
  })

  it('end a run whose change is larger than is published', () => {
    const change = { files: Array.from({ length: 21 }, (_, at) => ({ path: `${at}` })) }
    expect(publicationTooLarge(execution('draft_pr', { change }, { workflow }))).toMatchObject({ state: 'needs_human' })
    expect(publicationTooLarge(execution('draft_pr', { change: { files: [] } }, { workflow }))).toBeUndefined()
  })
})

describe('the capability of a leased run', () => {
  const asked = (record: object | undefined, task: object) =>
    capabilityOpen(
      execution(
        'draft_pr',
        {},
        { capability: 'team.x', ...task },
        { capability_records: { record: async () => record } },
      ),
    )
  const grant = { id: 'team.x', hash: 'as it was' }

  it('must be on record and open; a contract that was changed since stays as it was pinned', async () => {
    expect(await asked(undefined, { grant })).toMatchObject({ state: 'blocked_policy', failure: 'capability_disabled' })
    expect(await asked({ state: 'disabled', changed_by: 'ada', reason: '' }, { grant })).toMatchObject({ kind: 'end' })
    expect(await asked({ state: 'active', hash: 'another' }, { grant })).toBeUndefined()
  })
})
