import type { Approval, ApprovalAnswer } from '#domain/approval'
import type { BudgetLimits } from '#domain/budget'
import type { Change } from '#domain/change'
import type { Incident, LedgerEvent } from '#domain/event'
import type { RunId } from '#domain/ids'
import type { GateAuthority } from '#domain/workflow'
import type { AgentChoice, OrderPolicies, Request, RunMode, TaskScope } from '#domain/task'
import type { TenantCapabilities } from './capabilities.ts'
import type { Controls } from './controls.ts'
import type { TenantApprovals } from './approval-desk.ts'
import type { TenantAutonomy } from './autonomy.ts'
import type { TenantMemory } from './memory.ts'
import type { Replays } from './replays.ts'
import type { RunArtifact, StepRecord } from './step-journal.ts'
import type { PullRequestLink, RunOverview } from './run-store.ts'

/** What a person asks for: a request's words and how to work on it. */
export interface RunOrder {
  readonly words: Pick<
    Request,
    | 'source'
    | 'source_url'
    | 'repository'
    | 'title'
    | 'description'
    | 'acceptance_criteria'
    | 'constraints'
    | 'deadline'
    | 'attachments'
    | 'risk_hints'
    | 'expected_output'
    | 'owner'
  >
  /** What the task runs under; absent: `autonomous_issue_resolver.bounded_change`. */
  readonly capability?: string
  readonly requester: string
  readonly base_ref: string | null
  readonly mode: RunMode
  /** Who decides when a gate says no; absent: as workflow.yaml has it, else 3. */
  readonly level?: GateAuthority
  readonly scope: TaskScope
  readonly agent: AgentChoice
  readonly verification:
    | { readonly kind: 'named'; readonly id: string }
    | { readonly kind: 'given'; readonly source: string }
    | null
  readonly limits: BudgetLimits
  /** A profile's name below GANDER_HOME/sandbox-profiles, a YAML profile's text, or absent: the built-in one. */
  readonly sandbox?:
    | { readonly kind: 'named'; readonly id: string }
    | { readonly kind: 'given'; readonly source: string }
  /** Policies that hold for this task or run alone; absent: there are none. */
  readonly policies?: OrderPolicies
  /** Present: the change from the base to this ref is reviewed, and none is made. */
  readonly review?: {
    readonly head_ref: string
    readonly evidence: string | null
    readonly earlier: readonly string[]
    /** `merge_base`, as a pull request is compared; absent as well. `trees`: base and head as they are. */
    readonly compare?: 'merge_base' | 'trees'
  }
  /** Keys by provider, handed to the gateway's memory and never stored. */
  readonly keys: { readonly [provider: string]: string }
}

/** A key of whoever orders: the same one again gives the run that it made, and makes none. */
export interface OrderKey {
  readonly principal_id: string
  readonly key: string
}

/** A run as commands show it. */
export interface RunView extends RunOverview {
  readonly pull_request: PullRequestLink | undefined
  /** What the pull request says; absent where there is none or its forge cannot be read now. */
  readonly pull_request_text?: { readonly title: string; readonly body: string }
  readonly artifacts: readonly RunArtifact[]
  readonly steps: readonly StepRecord[]
  /** What the run asked people for; absent counts as nothing. */
  readonly approvals?: readonly Approval[]
  /** Secrets that turned up and were cut out; absent counts as none. */
  readonly incidents?: readonly Incident[]
  /** Absolute path of the evidence packet; undefined while there is none. */
  readonly packet: string | undefined
  /** Absolute path of the packet's page for people; absent while there is none. */
  readonly packet_page?: string | undefined
}

/** What the command line can do; implemented in one process, later by an HTTP client as well. */
export interface Platform {
  /** Checks the order, pins the commit and queues a run. @throws GanderError `task_unclear` and the source errors */
  submit(order: RunOrder, once?: OrderKey): Promise<RunView>
  /** Works on exactly this run until it ends or waits; a signal asks it to cancel. */
  work(run: RunId, signal?: AbortSignal): Promise<RunView>
  view(run: RunId): Promise<RunView | undefined>
  list(limit: number): Promise<readonly RunOverview[]>
  /** Events as they are appended, after the given run_seq; ends when the run ends or waits. Absent: from the first. */
  follow(run: RunId, signal?: AbortSignal, after?: number): AsyncIterable<LedgerEvent>
  cancel(run: RunId, by: string): Promise<RunView>
  /** Puts a waiting run back into the queue, with more budget where given; an ended one starts again as a new run. */
  continue(
    run: RunId,
    added: Partial<BudgetLimits>,
    by: string,
    keys: { readonly [provider: string]: string },
  ): Promise<RunView>
  /** Answers what a run waits for; approved, it goes back to the queue. @throws GanderError `run_not_in_state` */
  decideApproval(run: RunId, answer: ApprovalAnswer, keys: { readonly [provider: string]: string }): Promise<RunView>
  diff(run: RunId): Promise<Change | undefined>
  artifact(sha256: string): Promise<Uint8Array | undefined>
  /** Absolute path of an artifact's bytes. */
  artifactPath(sha256: string): Promise<string | undefined>
  /** Switches, budgets and the other acts of operators; absent where they are not offered. */
  readonly controls?: Controls
  /** What waits for people, and taking a yes back; absent where it is not offered. */
  readonly desk?: TenantApprovals
  /** How far task classes have come; absent where it is not offered. */
  readonly autonomy?: TenantAutonomy
  /** The registered capabilities; absent where they are not offered. */
  readonly capabilities?: TenantCapabilities
  /** What runs learnt about repositories, and its review; absent where it is not offered. */
  readonly memory?: TenantMemory
  /** Running again what is on record; absent where it is not offered. */
  readonly replays?: Replays
  close(): Promise<void>
}
