import { DEFAULT_LIMITS } from '#domain/budget'
import type { Change } from '#domain/change'
import type { EventName, LedgerEvent } from '#domain/event'
import type { GanderError } from '#domain/failure'
import { formatId, LOCAL_TENANT, type EventId, type RunId, type TaskId, type WorkerId } from '#domain/ids'
import type { JsonObject } from '#domain/json'
import { queuedRun, type Run, type RunFacts } from '#domain/run'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import type { Platform, RunOrder, RunView } from '#ports'

/** An identifier whose bytes are all the same number. */
export const runId = (n: number): RunId => formatId('run', new Uint8Array(16).fill(n))

const START = Date.parse('2026-11-21T10:00:00.000Z')

const TASK: Task = {
  id: formatId('task', new Uint8Array(16).fill(1)),
  tenant_id: LOCAL_TENANT,
  request_id: formatId('request', new Uint8Array(16).fill(1)),
  repository: '/home/ada/retry',
  base_ref: 'main',
  title: 'Cap the retry delay',
  objective: 'The delay grows without bound; it must never exceed the configured maximum.',
  scope: DEFAULT_SCOPE,
  success_criteria: [{ text: 'The delay never exceeds the configured maximum.', origin: 'stated' }],
  constraints: ['No new dependency'],
  capability: 'autonomous_issue_resolver.bounded_change',
  mode: 'draft_pr',
  agent: {
    kind: 'native',
    model: { provider: 'recorded', model: '/x/conversation.json', api: 'recorded', url: null },
    fallback: null,
  },
  verification: null,
  limits: DEFAULT_LIMITS,
  deadline: null,
  attachments: [],
  risk_hints: [],
  expected_output: null,
  owner: null,
  requester: 'ada',
  trust: 'operator',
  is_fix: true,
}

const FACTS: RunFacts = {
  ...queuedRun({ ...ids(1), mode: 'draft_pr', is_fix: true, repairs_allowed: 3, max_attempts: 3 }).facts,
  base_sha: '3f2a1c9d'.repeat(5),
  base_tree: 'a'.repeat(40),
  tree: 'b'.repeat(40),
  policy_allows: true,
  gates: { boundary: 'pass', secrets: 'pass', verification: 'pass', judge: 'pass' },
}

function ids(n: number): { readonly id: RunId; readonly tenant_id: typeof LOCAL_TENANT; readonly task_id: TaskId } {
  return { id: runId(n), tenant_id: LOCAL_TENANT, task_id: TASK.id }
}

type Ending =
  | 'completed'
  | 'queued'
  | 'paused'
  | 'awaiting_approval'
  | 'blocked_policy'
  | 'needs_human'
  | 'failed'
  | 'cancelled'
  | 'editing'

/** A run in a state, with everything such a run has on record. */
export function fakeRun(state: Ending, n = 1): Run {
  const core = queuedRun({ ...ids(n), mode: 'draft_pr', is_fix: true, repairs_allowed: 3, max_attempts: 3 })
  const { state: _, resume_to: __, ...rest } = core
  const base = { ...rest, facts: FACTS }
  const diagnosis = {
    what: 'The delay test still fails.',
    why: 'Three repairs did not make it pass.',
    next: `Review the kept work with \`gander diff ${core.id}\`.`,
  }
  switch (state) {
    case 'completed':
      return { ...base, state, packet_sha256: 'c'.repeat(64), summary: 'The delay is capped.' }
    case 'paused':
      return { ...base, state, return_to: 'editing', reason: 'budget_cost', explanation: '$5.02 of $5.00 are used.' }
    case 'awaiting_approval':
      return { ...base, state, return_to: 'pr_preparing', approval: 'code_owner' }
    case 'blocked_policy':
      return { ...base, state, diagnosis: { ...diagnosis, class: 'policy_violation' } }
    case 'needs_human':
      return { ...base, state, diagnosis: { ...diagnosis, class: 'not_repaired' } }
    case 'failed':
      return { ...base, state, diagnosis: { ...diagnosis, class: 'worker_lost' } }
    case 'cancelled':
      return { ...base, state, by: 'ada' }
    case 'editing':
      return { ...base, state, lease: { worker: 'wrk_1' as WorkerId, fence: 1 } }
    case 'queued':
      return { ...base, state, resume_to: null }
    default:
      return state satisfies never
  }
}

/** A view of a run; a completed one has its pull request and packet. */
export function fakeView(run: Run, changes: Partial<RunView> = {}): RunView {
  const published = run.state === 'completed' && run.mode === 'draft_pr'
  return {
    run,
    task: { ...TASK, mode: run.mode },
    limits: DEFAULT_LIMITS,
    use: { cost_usd: 0.0412, reserved_usd: 0, active_ms: 42_300, steps: 23, tokens: 41_200 },
    created_at: new Date(START).toISOString(),
    updated_at: new Date(START + 45_000).toISOString(),
    pull_request: published
      ? {
          url: 'file:///home/ada/.local/share/gander/forge/retry/pulls/1.md',
          number: 1,
          branch: 'gander/cap-the-retry-delay',
          head_commit: 'd'.repeat(40),
          idempotency_key: 'agent-pr:x',
        }
      : undefined,
    ...(published ? { pull_request_text: { title: 'Cap the retry delay', body: BODY } } : {}),
    artifacts: [
      { kind: 'plan', name: 'plan.json', data_class: 'internal', sha256: 'e'.repeat(64), bytes: 1834 },
      { kind: 'packet', name: 'packet.md', data_class: 'internal', sha256: 'f'.repeat(64), bytes: 5210 },
    ],
    steps: [
      {
        n: 1,
        key: 'model:plan:0:0',
        kind: 'model_call',
        request_sha256: '0'.repeat(64),
        intent_at: new Date(START).toISOString(),
        outcome: {},
        outcome_at: new Date(START + 2100).toISOString(),
        tree: null,
        cost_usd: 0.012,
      },
      {
        n: 2,
        key: 'tool:plan:0:0',
        kind: 'tool_call',
        request_sha256: '0'.repeat(64),
        intent_at: new Date(START).toISOString(),
        outcome: null,
        outcome_at: null,
        tree: null,
        cost_usd: 0,
      },
    ],
    packet: published ? '/home/ada/.local/share/gander/runs/run/packet.json' : undefined,
    packet_page: published ? '/home/ada/.local/share/gander/runs/run/packet.md' : undefined,
    ...changes,
  }
}

const BODY = `> **Draft, made by an agent.** Review before merging.

## Summary
The delay is capped at the configured maximum.

## Why
\`delay(40)\` was larger than a year.

## Changes
- \`src/retry.ts\`: the cap
- \`test/retry.test.ts\`: a test for it

## Verification
- \`node --test\` passed: 14 tests, 1 fixed
`

/** A change of two files. */
export const FAKE_CHANGE: Change = {
  base_tree: 'a'.repeat(40),
  head_tree: 'b'.repeat(40),
  files: [
    {
      path: 'src/retry.ts',
      kind: 'modified',
      old_mode: '100644',
      new_mode: '100644',
      old_blob: '1',
      new_blob: '2',
      added_lines: 10,
      deleted_lines: 2,
    },
    {
      path: 'test/retry.test.ts',
      kind: 'added',
      old_mode: null,
      new_mode: '100644',
      old_blob: null,
      new_blob: '3',
      added_lines: 14,
      deleted_lines: 0,
    },
  ],
  patch:
    'diff --git a/src/retry.ts b/src/retry.ts\n--- a/src/retry.ts\n+++ b/src/retry.ts\n@@ -1,1 +1,1 @@\n-old\n+new\n',
}

/** Events in order, each so many milliseconds after the start. */
function fakeEvents(drafts: readonly (readonly [number, EventName, JsonObject])[]): readonly LedgerEvent[] {
  return drafts.map(([after, event, facts], index) => ({
    audit_id: `aud_${index}` as EventId,
    tenant_id: LOCAL_TENANT,
    seq: index + 1,
    run_id: runId(1),
    run_seq: index + 1,
    event,
    actor_type: 'service',
    actor: 'worker',
    resource_type: 'run',
    resource_id: runId(1),
    decision: null,
    decision_id: null,
    approval_id: null,
    policy_version: null,
    request_hash: null,
    result_hash: null,
    state: null,
    facts,
    created_at: new Date(START + after).toISOString(),
    previous_hash: '',
    hash: '',
  }))
}

/** What a run that goes well leaves in the ledger. */
export const GOOD_RUN = fakeEvents([
  [0, 'run_leased', { worker: 'wrk_1', fence: 1, attempt: 1 }],
  [20, 'run_state_changed', { from: 'leased', to: 'preparing' }],
  [300, 'repository_cloned', { repository: '/home/ada/retry', ref: 'main', commit: '3f2a1c9d0000' }],
  [900, 'setup_executed', { profile: 'node-npm-standard', result: 'installed', duration_ms: 600 }],
  [1000, 'run_state_changed', { from: 'preparing', to: 'reproducing' }],
  [1900, 'reproduction_recorded', { status: 'reproduced', reason: '1 test fails' }],
  [2000, 'run_state_changed', { from: 'reproducing', to: 'planning' }],
  [2100, 'context_built', { items: 12, manifest_hash: 'x', token_count: 4210 }],
  [
    4000,
    'model_called',
    {
      call_key: 'k',
      model: 'm',
      phase: 'planning',
      input_tokens: 1,
      output_tokens: 1,
      cost_usd: 0.012,
      outcome: 'answered',
    },
  ],
  [4100, 'plan_created', { plan_hash: 'x', steps: 3, constraints: 1 }],
  [4200, 'run_state_changed', { from: 'planning', to: 'editing' }],
  [
    9000,
    'model_called',
    {
      call_key: 'k',
      model: 'm',
      phase: 'editing',
      input_tokens: 1,
      output_tokens: 1,
      cost_usd: 0.02,
      outcome: 'answered',
    },
  ],
  [9100, 'tool_call_requested', { tool: 'file_edit', args_hash: 'x', state: 'editing' }],
  [9200, 'file_changed', { path: 'src/retry.ts', diff_hash: 'x', risk_tag: 'none' }],
  [9300, 'file_changed', { path: 'test/retry.test.ts', diff_hash: 'x', risk_tag: 'none' }],
  [9400, 'run_state_changed', { from: 'editing', to: 'verifying' }],
  [12_000, 'verifier_executed', { profile: 'node-npm-standard', tree: 'b', outcome: 'passed', report_hash: 'x' }],
  [12_100, 'gate_answered', { gate: 'boundary', answer: 'pass', reason: 'in scope', findings: 0 }],
  [12_200, 'run_state_changed', { from: 'verifying', to: 'judging' }],
  [14_000, 'judge_executed', { verdict: 'pass', rubric_version: '1', report_hash: 'x' }],
  [14_100, 'run_state_changed', { from: 'judging', to: 'pr_preparing' }],
  [14_200, 'branch_pushed', { branch: 'gander/cap-the-retry-delay', commit: 'd', remote: 'local' }],
  [14_300, 'pr_opened', { pr_url: 'file:///pulls/1', branch: 'b', evidence_hash: 'x' }],
  [14_400, 'run_state_changed', { from: 'pr_preparing', to: 'pr_created' }],
  [14_500, 'run_completed', { terminal_state: 'completed', summary: 'done' }],
])

/** What a fake platform answers with, and what it was asked. */
export interface FakePlatform extends Platform {
  readonly orders: RunOrder[]
  readonly calls: string[]
}

interface Script {
  readonly runs: readonly RunView[]
  readonly events?: readonly LedgerEvent[]
  readonly change?: Change
  /** Resolves when the run has ended; given the signal that asks to cancel. */
  readonly work?: (signal: AbortSignal | undefined) => Promise<RunView>
  readonly refuse?: GanderError
  /** Milliseconds between events. */
  readonly pace?: number
}

/** A platform that holds the runs of a script; the first is the latest. */
export function fakePlatform(script: Script): FakePlatform {
  const orders: RunOrder[] = []
  const calls: string[] = []
  const [first] = script.runs
  const latest = () => {
    if (first === undefined) throw new Error('the script holds no run')
    return first
  }
  const find = (id: RunId) => script.runs.find(({ run }) => run.id === id)
  return {
    orders,
    calls,
    submit: async (order) => {
      orders.push(order)
      if (script.refuse !== undefined) throw script.refuse
      return latest()
    },
    work: async (_, signal) => {
      calls.push('work')
      return script.work === undefined ? latest() : await script.work(signal)
    },
    view: async (id) => find(id),
    list: async (limit) => script.runs.slice(0, limit),
    follow: async function* (_, signal) {
      for (const event of script.events ?? []) {
        if (script.pace !== undefined) await new Promise((resolve) => setTimeout(resolve, script.pace))
        if (signal?.aborted === true) return
        yield event
      }
    },
    cancel: async (id, by) => {
      calls.push(`cancel ${id} by ${by}`)
      return find(id) ?? latest()
    },
    continue: async (id, added, by, keys) => {
      calls.push(`continue ${id} ${JSON.stringify(added)} by ${by} with ${Object.keys(keys).join(',')}`)
      return latest()
    },
    decideApproval: async (id, { decision, by }, keys) => {
      calls.push(`${decision} ${id} by ${by} with ${Object.keys(keys).join(',')}`)
      return latest()
    },
    diff: async () => script.change,
    artifact: async () => new TextEncoder().encode('{"objective":"cap"}'),
    artifactPath: async (sha256) => `/home/ada/.local/share/gander/artifacts/${sha256.slice(0, 8)}`,
    close: async () => void calls.push('close'),
  }
}
