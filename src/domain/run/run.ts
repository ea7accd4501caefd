import type { ApprovalNeed, ApprovalVote } from '../approval/index.ts'
import type { Diagnosed } from '../failure/index.ts'
import type { GateAnswer, GateName } from '../gate/index.ts'
import type { RunId, TaskId, TenantId, WorkerId } from '../ids/index.ts'
import type { RunMode } from '../task/index.ts'
import type { WorkState } from './lifecycle.ts'

/**
 * Whether wrong behaviour was shown on the base commit. `unrelated`: something fails there, and nothing shows that it is
 * what the task tells of; `not_attempted`: no test could be run; `not_applicable`: the task mends nothing.
 */
export interface Reproduction {
  readonly status: 'reproduced' | 'not_reproduced' | 'unrelated' | 'not_attempted' | 'not_applicable'
  readonly reason: string
  /** Logs that show it, each a sha256; absent: nothing was run for it. */
  readonly evidence?: readonly string[] | undefined
}

/** What is on record about a run; guards read this and nothing else. Null or absent means: not on record. */
export interface RunFacts {
  readonly base_sha: string | null
  readonly base_tree: string | null
  readonly policy_allows: boolean
  readonly plan_sha256: string | null
  readonly baseline_sha256: string | null
  readonly reproduction: Reproduction | null
  /** The proposed tree; equal to the base tree where nothing was changed. */
  readonly tree: string | null
  readonly repairs_used: number
  readonly repairs_allowed: number
  readonly judge_send_backs: number
  /** Answers for the current tree; a new tree clears them. */
  readonly gates: { readonly [gate in GateName]?: GateAnswer }
  readonly branch: string | null
  readonly pull_request: string | null
  readonly packet_sha256: string | null
}

/** A worker's right to a run; every write carries the fence, which grows with each lease. */
export interface Lease {
  readonly worker: WorkerId
  readonly fence: number
}

interface RunCore {
  readonly id: RunId
  readonly tenant_id: TenantId
  readonly task_id: TaskId
  readonly mode: RunMode
  readonly is_fix: boolean
  /** Grows with each write; the guard of optimistic concurrency. */
  readonly version: number
  /** The highest fence ever given for this run. */
  readonly fence: number
  readonly attempts: number
  readonly max_attempts: number
  readonly cancel_requested_by: string | null
  readonly facts: RunFacts
}

export type PauseReason =
  | 'budget_cost'
  | 'budget_minutes'
  | 'budget_steps'
  | 'budget_tokens'
  | 'model_unavailable'
  | 'storage_full'
  | 'publication_failed'
  | 'requested'

/** One execution of a task. A state's data belongs to the state. */
export type Run = RunCore &
  (
    | { readonly state: 'queued'; readonly resume_to: WorkState | null }
    | { readonly state: 'leased'; readonly lease: Lease; readonly resume_to: WorkState | null }
    | { readonly state: WorkState; readonly lease: Lease }
    | {
        readonly state: 'paused'
        readonly return_to: WorkState
        readonly reason: PauseReason
        readonly explanation: string
      }
    | {
        readonly state: 'awaiting_approval'
        readonly return_to: WorkState
        readonly approval: string
        /** The kinds of agreement it takes; absent: one answer. */
        readonly needs?: readonly ApprovalNeed[]
        /** The yeses so far; absent: none. */
        readonly votes?: readonly ApprovalVote[]
      }
    | { readonly state: 'completed'; readonly packet_sha256: string; readonly summary: string }
    | { readonly state: 'blocked_policy' | 'needs_human' | 'failed'; readonly diagnosis: Diagnosed }
    | { readonly state: 'cancelled'; readonly by: string }
  )

/** A run in one of the given states. */
export type RunIn<State extends Run['state']> = Extract<Run, { state: State }>

export interface NewRun {
  readonly id: RunId
  readonly tenant_id: TenantId
  readonly task_id: TaskId
  readonly mode: RunMode
  readonly is_fix: boolean
  readonly repairs_allowed: number
  readonly max_attempts: number
}

/** A run as it enters the queue. */
export function queuedRun(run: NewRun): RunIn<'queued'> {
  const { repairs_allowed, ...core } = run
  const facts: RunFacts = {
    base_sha: null,
    base_tree: null,
    policy_allows: false,
    plan_sha256: null,
    baseline_sha256: null,
    reproduction: null,
    tree: null,
    repairs_used: 0,
    repairs_allowed,
    judge_send_backs: 0,
    gates: {},
    branch: null,
    pull_request: null,
    packet_sha256: null,
  }
  return {
    ...core,
    state: 'queued',
    resume_to: null,
    version: 1,
    fence: 0,
    attempts: 0,
    cancel_requested_by: null,
    facts,
  }
}

/** Puts evidence on record; a new tree clears what gates said about the old one, plan and intake excepted. */
export function withEvidence(facts: RunFacts, evidence: Partial<RunFacts>): RunFacts {
  const sameTree = evidence.tree === undefined || evidence.tree === facts.tree
  const { plan, intake } = facts.gates
  const kept = sameTree ? facts.gates : { ...(plan && { plan }), ...(intake && { intake }) }
  return { ...facts, ...evidence, gates: { ...kept, ...evidence.gates } }
}
