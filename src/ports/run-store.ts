import type { Approval } from '#domain/approval'
import type { BudgetLimits, BudgetUse, BudgetVerdict } from '#domain/budget'
import type { EventDraft, LedgerEvent } from '#domain/event'
import type { RunId, TenantId, WorkerId } from '#domain/ids'
import type { Json } from '#domain/json'
import type { Result } from '#domain/result'
import type { Lease, NewRun, Run, RunCommand, RunRefusal } from '#domain/run'
import type { Request, Task } from '#domain/task'
import type { RunArtifact, StepIntent, StepOutcome, StepRecord } from './step-journal.ts'
import type { PolicyDecision } from './policy.ts'

/** A run was not written because something else wrote first. */
export type WriteRefusal = RunRefusal | { readonly code: 'run_moved_on' | 'lease_lost'; readonly message: string }

export interface Submission {
  readonly request: Request
  readonly task: Task
  readonly run: NewRun
  readonly events: readonly EventDraft[]
  /** The submitter's own key; absent: every submission makes a run. */
  readonly once?: SubmissionKey
}

/** A key that a submitter chose, and a hash of what it stands for. */
export interface SubmissionKey {
  readonly tenant_id: TenantId
  readonly principal_id: string
  readonly key: string
  readonly request_sha256: string
}

/** Who works: with host, boot id, pid and start time a dead worker on the same host is told at once. */
export interface WorkerIdentity {
  readonly id: WorkerId
  readonly host: string
  readonly boot_id: string
  readonly pid: number
  /** Process start time in clock ticks since boot, as /proc/PID/stat has it. */
  readonly started_at: string
}

/** A run won by a worker. */
export interface LeasedRun {
  readonly run: Run
  readonly task: Task
  readonly lease: Lease
}

export interface RunOverview {
  readonly run: Run
  readonly task: Task
  readonly limits: BudgetLimits
  readonly use: BudgetUse
  readonly created_at: string
  readonly updated_at: string
}

export interface PullRequestLink {
  readonly url: string
  readonly number: number
  readonly branch: string
  readonly head_commit: string
  readonly idempotency_key: string
}

/** What one transaction writes about a run besides the step itself. */
export interface RunWrite {
  readonly command?: RunCommand
  readonly events?: readonly EventDraft[]
  readonly artifacts?: readonly RunArtifact[]
  readonly pull_request?: PullRequestLink
  readonly decision?: PolicyDecision
}

/**
 * The stores of all tenants. A tenant's store reads and writes that tenant's rows and no other's; only what is here goes
 * over tenants, and each of its transactions ends in one.
 */
export interface RunStores {
  of(tenant: TenantId): RunStore
  /** Leases the next queued run of the tenant whose turn it is, or the run that is named. Undefined when there is none. */
  lease(worker: WorkerIdentity, only?: RunId): Promise<LeasedRun | undefined>
  /** The same as a store's own `sweep`, for the runs of every tenant. */
  sweep(host: WorkerIdentity): Promise<number>
}

/**
 * Runs of one tenant, their steps and their ledger. Every method that writes is one transaction with its events; every write of a
 * worker carries its fence and is refused when the fence is not the current one. Time is the database's.
 */
export interface RunStore {
  /** Records request, task and queued run; under a key that is taken, the run it made. @throws GanderError `idempotency_conflict` */
  submit(submission: Submission): Promise<Run>
  /** The run that a key made; undefined where it is new. @throws GanderError `idempotency_conflict` for another request */
  submitted(key: SubmissionKey): Promise<RunId | undefined>
  load(run: RunId): Promise<RunOverview | undefined>
  list(tenant: TenantId, limit: number): Promise<readonly RunOverview[]>
  /** Leases the tenant's oldest queued run, or the one named. Undefined when there is none. */
  lease(worker: WorkerIdentity, only?: RunId): Promise<LeasedRun | undefined>
  /** Extends the lease; tells whether it is still held and whether cancellation was asked for. */
  heartbeat(run: RunId, lease: Lease): Promise<{ readonly held: boolean; readonly cancel_requested_by: string | null }>
  /** Gives expired leases, and those of dead workers on this host, back to the queue; ends runs without attempts left. */
  sweep(host: WorkerIdentity): Promise<number>
  /** Applies a command of the worker that holds the lease, with everything that belongs to it. */
  write(run: RunId, lease: Lease, write: RunWrite): Promise<Result<Run, WriteRefusal>>
  /**
   * Applies a command of a person: continue, cancel, request_cancel, decide_approval. Where a version is given the run
   * must be at it. @throws GanderError `resource_changed`
   */
  command(
    run: RunId,
    command: RunCommand,
    events?: readonly EventDraft[],
    version?: number,
  ): Promise<Result<Run, WriteRefusal>>
  /** Adds to a run's limits; negative numbers are refused. */
  extendBudget(run: RunId, added: Partial<BudgetLimits>, by: string): Promise<BudgetLimits>
  budget(run: RunId): Promise<{ readonly limits: BudgetLimits; readonly use: BudgetUse }>

  /** Every step of a run in order of n. */
  steps(run: RunId): Promise<readonly StepRecord[]>
  /**
   * Records the intent with its decision (or finds the open one) and reserves its cost; refused when the budget does
   * not cover it.
   */
  beginStep(
    run: RunId,
    lease: Lease,
    intent: StepIntent,
  ): Promise<
    Result<
      StepRecord,
      WriteRefusal | { readonly code: 'budget_exhausted'; readonly message: string; readonly verdict?: BudgetVerdict }
    >
  >
  /** Records the outcome once, settles the reservation, appends events and, where given, applies a command. */
  finishStep(
    run: RunId,
    lease: Lease,
    n: number,
    outcome: StepOutcome<Json>,
    write?: RunWrite,
  ): Promise<Result<Run, WriteRefusal>>

  artifacts(run: RunId): Promise<readonly RunArtifact[]>
  /** What the run asked people for, in order. */
  approvals(run: RunId): Promise<readonly Approval[]>
  decisions(run: RunId): Promise<readonly PolicyDecision[]>
  pullRequest(run: RunId): Promise<PullRequestLink | undefined>
  /** Events of a run after the given run_seq, in order. */
  events(run: RunId, after: number): Promise<readonly LedgerEvent[]>
  /** A tenant's whole chain in order, in pages. */
  chain(tenant: TenantId, after: number, limit: number): Promise<readonly LedgerEvent[]>
}
