import type { GateAnswer, GateName } from '#domain/gate'
import { FAILURE_CLASSES, type FailureClass } from '#domain/failure'
import type { WorkerId } from '#domain/ids'
import { isActive, RUN_STATES, type Lease, type Run, type WorkState } from '#domain/run'
import { RUN_MODES } from '#domain/task'
import type { Approval } from '#domain/approval'
import type { Incident } from '#domain/event'
import type { PullRequestLink, RunOverview } from '#ports'
import { z } from 'zod'
import { budgetLimits, budgetUse } from './budget-resource.ts'
import { identifier, moment, sha256, tenantIdentifier } from './identifiers.ts'
import { approvalNeed, approvalSchema, approvalVote } from './record-resources.ts'
import { taskSchema } from './task-resource.ts'

const workState = z.enum(RUN_STATES.filter((state): state is WorkState => isActive(state) && state !== 'leased'))
const gateAnswer: z.ZodType<GateAnswer, GateAnswer> = z.enum(['pass', 'fail', 'unavailable', 'not_required'])
const GATES: readonly GateName[] = [
  'intake',
  'plan',
  'boundary',
  'protected_files',
  'secrets',
  'special_files',
  'dependencies',
  'test_integrity',
  'verification',
  'red_green',
  'test_strength',
  'judge',
  'approval',
  'publication',
]

const facts = z
  .object({
    base_sha: z.string().nullable(),
    base_tree: z.string().nullable(),
    policy_allows: z.boolean(),
    plan_sha256: sha256.nullable(),
    baseline_sha256: sha256.nullable(),
    reproduction: z
      .object({
        status: z.enum(['reproduced', 'not_reproduced', 'unrelated', 'not_attempted', 'not_applicable']),
        reason: z.string(),
        evidence: z.array(sha256).optional().describe('Logs that show it; absent: nothing was run for it.'),
      })
      .nullable(),
    tree: z.string().nullable().describe('The proposed tree; equal to the base tree where nothing was changed.'),
    repairs_used: z.number().int(),
    repairs_allowed: z.number().int(),
    judge_send_backs: z.number().int(),
    gates: z.partialRecord(z.enum(GATES), gateAnswer).describe('Answers for the current tree.'),
    branch: z.string().nullable(),
    pull_request: z.string().nullable(),
    packet_sha256: sha256.nullable(),
  })
  .meta({ id: 'RunFacts' })

const core = z.object({
  id: identifier('run'),
  tenant_id: tenantIdentifier,
  task_id: identifier('task'),
  mode: z.enum(RUN_MODES),
  is_fix: z.boolean(),
  version: z.number().int().describe('Grows with each write.'),
  fence: z.number().int().describe('Grows with each lease.'),
  attempts: z.number().int(),
  max_attempts: z.number().int(),
  cancel_requested_by: z.string().nullable(),
  facts,
})

const lease: z.ZodType<Lease, Lease> = z.object({
  worker: z.string() as unknown as z.ZodType<WorkerId, WorkerId>,
  fence: z.number().int(),
})
const diagnosis = z
  .object({
    class: z.enum(Object.keys(FAILURE_CLASSES) as [FailureClass, ...FailureClass[]]),
    what: z.string(),
    why: z.string(),
    next: z.string(),
  })
  .meta({ id: 'Diagnosis' })

/** One execution of a task; what a state carries besides belongs to that state alone. */
export const runSchema: z.ZodType<Run, Run> = z
  .discriminatedUnion('state', [
    core.extend({ state: z.literal('queued'), resume_to: workState.nullable() }),
    core.extend({ state: z.literal('leased'), lease, resume_to: workState.nullable() }),
    core.extend({ state: workState, lease }),
    core.extend({
      state: z.literal('paused'),
      return_to: workState,
      reason: z.enum([
        'budget_cost',
        'budget_minutes',
        'budget_steps',
        'budget_tokens',
        'model_unavailable',
        'storage_full',
        'publication_failed',
        'requested',
      ]),
      explanation: z.string(),
    }),
    core.extend({
      state: z.literal('awaiting_approval'),
      return_to: workState,
      approval: z.string(),
      needs: z.array(approvalNeed).exactOptional(),
      votes: z.array(approvalVote).exactOptional(),
    }),
    core.extend({ state: z.literal('completed'), packet_sha256: sha256, summary: z.string() }),
    core.extend({ state: z.enum(['blocked_policy', 'needs_human', 'failed']), diagnosis }),
    core.extend({ state: z.literal('cancelled'), by: z.string() }),
  ])
  .meta({ id: 'Run' })

/** A run with its contract and what it used. */
export const runOverviewSchema: z.ZodType<RunOverview, RunOverview> = z
  .object({
    run: runSchema,
    task: taskSchema,
    limits: budgetLimits,
    use: budgetUse,
    created_at: moment,
    updated_at: moment,
  })
  .meta({ id: 'RunOverview' })

const pullRequest: z.ZodType<PullRequestLink, PullRequestLink> = z
  .object({
    url: z.string(),
    number: z.number().int(),
    branch: z.string(),
    head_commit: z.string(),
    idempotency_key: z.string(),
  })
  .meta({ id: 'PullRequest' })

/** What a run came to besides: its pull request, what it asks for, and secrets that turned up. */
export interface RunDetails extends RunOverview {
  readonly pull_request: PullRequestLink | null
  readonly pull_request_text: { readonly title: string; readonly body: string } | null
  readonly approvals: readonly Approval[]
  readonly incidents: readonly Incident[]
}

export const runDetailsSchema: z.ZodType<RunDetails, RunDetails> = z
  .object({
    run: runSchema,
    task: taskSchema,
    limits: budgetLimits,
    use: budgetUse,
    created_at: moment,
    updated_at: moment,
    pull_request: pullRequest.nullable(),
    pull_request_text: z.object({ title: z.string(), body: z.string() }).nullable(),
    approvals: z.array(approvalSchema),
    incidents: z.array(z.object({ kind: z.string(), where: z.string(), is_confirmed: z.boolean() })),
  })
  .meta({ id: 'RunDetails' })
