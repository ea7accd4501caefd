import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import type { RunId, TaskId, WorkerId } from '../ids/index.ts'
import { LOCAL_TENANT } from '../ids/index.ts'
import {
  decide,
  evolve,
  isEnd,
  queuedRun,
  RUN_STATES,
  successors,
  type Run,
  type RunCommand,
  type RunFacts,
  type RunState,
  type WorkState,
} from './index.ts'

const worker = 'wrk_test' as WorkerId
const fresh = (mode: Run['mode'] = 'draft_pr'): Run =>
  queuedRun({
    id: 'run_test' as RunId,
    tenant_id: LOCAL_TENANT,
    task_id: 'task_test' as TaskId,
    mode,
    is_fix: false,
    repairs_allowed: 1,
    max_attempts: 3,
  })

function after(run: Run, ...commands: readonly RunCommand[]): Run {
  return commands.reduce((now, command) => {
    const decision = decide(now, command)
    if (!decision.ok) throw new Error(decision.refusal.message)
    return decision.value.reduce(evolve, now)
  }, run)
}

const advance = (to: WorkState, evidence: Partial<RunFacts> = {}): RunCommand => ({ type: 'advance', to, evidence })
const INSIDE = {
  boundary: 'pass',
  protected_files: 'pass',
  secrets: 'pass',
  special_files: 'pass',
  dependencies: 'pass',
  test_integrity: 'pass',
} as const
const PREPARED: readonly RunCommand[] = [
  { type: 'lease', worker },
  advance('preparing', { policy_allows: true }),
  advance('planning', { base_sha: 'a'.repeat(40), base_tree: 'b'.repeat(40) }),
]
const EDITING: readonly RunCommand[] = [
  ...PREPARED,
  advance('editing', { plan_sha256: 'p', baseline_sha256: 'v', gates: { plan: 'pass' } }),
]
const JUDGING: readonly RunCommand[] = [
  ...EDITING,
  advance('verifying', { tree: 'c'.repeat(40), gates: INSIDE }),
  advance('judging', { gates: { verification: 'pass', red_green: 'pass', test_strength: 'pass' } }),
]

describe('the run lifecycle', () => {
  it('reaches every state from queued', () => {
    const reached = new Set<RunState>(['queued'])
    for (const state of reached) for (const next of successors(state)) reached.add(next)
    expect([...reached].sort()).toEqual([...RUN_STATES].sort())
  })

  it('leaves no end state', () => {
    for (const state of RUN_STATES.filter(isEnd)) expect(successors(state)).toEqual([])
  })

  it('leads a change to a draft pull request', () => {
    const run = after(
      fresh(),
      ...JUDGING,
      advance('pr_preparing', { gates: { judge: 'pass' } }),
      advance('pr_created', { branch: 'gander/x', pull_request: 'file:///x' }),
      { type: 'complete', packet_sha256: 'e', summary: 'done' },
    )
    expect(run).toMatchObject({ state: 'completed', packet_sha256: 'e' })
  })

  it('refuses to verify a queued run', () => {
    const decision = decide(fresh(), advance('verifying'))
    expect(decision).toMatchObject({ ok: false, refusal: { code: 'illegal_transition' } })
  })
})

describe('guards', () => {
  it.each([
    ['editing without a baseline', PREPARED, advance('editing', { plan_sha256: 'p', gates: { plan: 'pass' } })],
    [
      'verifying outside the boundary',
      EDITING,
      advance('verifying', { tree: 'c', gates: { ...INSIDE, boundary: 'fail' } }),
    ],
    [
      'judging without verification',
      [...EDITING, advance('verifying', { tree: 'c', gates: INSIDE })],
      advance('judging'),
    ],
    ['publishing without a judge', JUDGING, advance('pr_preparing')],
    [
      'completing a draft_pr run without a pull request',
      JUDGING,
      { type: 'complete', packet_sha256: 'e', summary: '' } as const,
    ],
  ])('refuse %s', (_title, path, command) => {
    expect(decide(after(fresh(), ...path), command)).toMatchObject({ ok: false, refusal: { code: 'guard_unmet' } })
  })

  it('let the judge send a run back once and no more', () => {
    const sentBack = after(fresh(), ...JUDGING, advance('repairing', { judge_send_backs: 1, repairs_used: 1 }))
    const again = after(
      sentBack,
      advance('verifying', { tree: 'd', gates: INSIDE }),
      advance('judging', { gates: { verification: 'pass', red_green: 'pass', test_strength: 'pass' } }),
    )
    expect(decide(again, advance('repairing'))).toMatchObject({ ok: false, refusal: { code: 'guard_unmet' } })
  })

  it('forget what gates said of an earlier tree', () => {
    const run = after(fresh(), ...JUDGING, advance('repairing', { judge_send_backs: 1 }))
    const decision = decide(run, advance('verifying', { tree: 'd' }))
    expect(decision).toMatchObject({ ok: false, refusal: { code: 'guard_unmet' } })
  })

  it('complete a dry run without a pull request', () => {
    const run = after(fresh('dry_run_patch'), ...JUDGING)
    const done = after(
      { ...run, facts: { ...run.facts, gates: { ...run.facts.gates, judge: 'pass' } } },
      {
        type: 'complete',
        packet_sha256: 'e',
        summary: 'done',
      },
    )
    expect(done.state).toBe('completed')
  })
})

describe('leases', () => {
  it('an expired lease returns the run to the queue, which remembers where to go on', () => {
    const returned = after(fresh(), ...EDITING, { type: 'return_to_queue', reason: 'lease_expired' })
    expect(returned).toMatchObject({ state: 'queued', resume_to: 'editing' })
    const resumed = after(returned, { type: 'lease', worker }, { type: 'resume' })
    expect(resumed).toMatchObject({ state: 'editing', fence: 2, attempts: 2 })
  })

  it('are not given once the attempts are used up', () => {
    const tried = { ...fresh(), attempts: 3 }
    expect(decide(tried, { type: 'lease', worker })).toMatchObject({ ok: false, refusal: { code: 'attempts_used_up' } })
  })

  it('a paused run goes on where it was, with its attempts counted anew', () => {
    const paused = after(fresh(), ...EDITING, { type: 'pause', reason: 'budget_cost', explanation: 'spent' })
    expect(paused).toMatchObject({ state: 'paused', return_to: 'editing' })
    expect(after(paused, { type: 'continue', by: 'ada' })).toMatchObject({
      state: 'queued',
      resume_to: 'editing',
      attempts: 0,
    })
  })
})

describe('an approval', () => {
  const approval = {
    id: 'appr_1',
    kind: 'egress',
    action: 'egress.connect',
    subject: ['registry.example.org'],
    fingerprint: 'f'.repeat(64),
    policy_version: 'p',
    reason: 'The setup asks for it.',
  } as const
  const answer = (decision: 'approved' | 'rejected', id = 'appr_1'): RunCommand => ({
    type: 'decide_approval',
    approval: id,
    decision,
    by: 'ada',
    reason: '',
    at: '2026-11-21T10:00:00.000Z',
  })
  const preparing = after(fresh(), { type: 'lease', worker }, advance('preparing', { policy_allows: true }))
  const waiting = after(preparing, { type: 'await_approval', approval })

  it('makes the run wait without a lease, and going on does not answer it', () => {
    expect(waiting).toMatchObject({ state: 'awaiting_approval', return_to: 'preparing', approval: 'appr_1' })
    expect('lease' in waiting).toBe(false)
    expect(decide(waiting, { type: 'continue', by: 'ada' })).toMatchObject({ ok: false })
  })

  it('that is given sends the run back to where it was, once', () => {
    const queued = after(waiting, answer('approved'))
    expect(queued).toMatchObject({ state: 'queued', resume_to: 'preparing', attempts: 0 })
    expect(decide(queued, answer('approved'))).toMatchObject({ ok: false, refusal: { code: 'illegal_transition' } })
  })

  it('that is refused ends the run with its class, and another one changes nothing', () => {
    expect(after(waiting, answer('rejected'))).toMatchObject({
      state: 'blocked_policy',
      diagnosis: { class: 'approval_denied' },
    })
    expect(decide(waiting, answer('approved', 'appr_2'))).toMatchObject({ ok: false })
  })
})

describe('any sequence of commands', () => {
  const command = fc.oneof(
    fc.constant<RunCommand>({ type: 'lease', worker }),
    fc.constant<RunCommand>({ type: 'resume' }),
    fc
      .constantFrom<WorkState>(
        'preparing',
        'planning',
        'editing',
        'verifying',
        'repairing',
        'judging',
        'pr_preparing',
        'pr_created',
      )
      .map((to) =>
        advance(to, {
          policy_allows: true,
          base_sha: 'a',
          tree: 't',
          plan_sha256: 'p',
          baseline_sha256: 'b',
          gates: {
            plan: 'pass',
            ...INSIDE,
            verification: 'pass',
            red_green: 'pass',
            test_strength: 'pass',
            judge: 'pass',
          },
        }),
      ),
    fc.constant<RunCommand>({ type: 'return_to_queue', reason: 'lease_expired' }),
    fc.constant<RunCommand>({ type: 'pause', reason: 'requested', explanation: '' }),
    fc.constant<RunCommand>({ type: 'continue', by: 'ada' }),
    fc.constant<RunCommand>({
      type: 'await_approval',
      approval: {
        id: 'a',
        kind: 'egress',
        action: 'egress.connect',
        subject: [],
        fingerprint: '',
        policy_version: '',
        reason: '',
      },
    }),
    fc
      .constantFrom<'approved' | 'rejected'>('approved', 'rejected')
      .map(
        (decision): RunCommand => ({ type: 'decide_approval', approval: 'a', decision, by: 'ada', reason: '', at: '' }),
      ),
    fc.constant<RunCommand>({ type: 'request_cancel', by: 'ada' }),
    fc.constant<RunCommand>({ type: 'cancel', by: 'ada' }),
    fc.constant<RunCommand>({ type: 'complete', packet_sha256: 'e', summary: '' }),
  )

  it('keeps to the table, grows the fence only, and changes nothing after an end', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let run = fresh()
        for (const next of commands) {
          const decision = decide(run, next)
          if (!decision.ok) continue
          expect(isEnd(run.state)).toBe(false)
          const moved = decision.value.reduce(evolve, run)
          if (moved.state !== run.state) expect(successors(run.state)).toContain(moved.state)
          expect(moved.fence).toBeGreaterThanOrEqual(run.fence)
          run = moved
        }
      }),
    )
  })
})
