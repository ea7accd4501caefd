import type { BudgetLimits, BudgetUse, BudgetVerdict } from '#domain/budget'
import type { ToolAnswer, ToolDeclaration, ToolRequest } from '#domain/conversation'
import type { RunId, TenantId } from '#domain/ids'
import type { Plan } from '#domain/plan'
import type { Task } from '#domain/task'
import type { AgentPhase } from '#domain/tool'
import type { ModelFailureKind } from './model-gateway.ts'
import type { StepJournal } from './step-journal.ts'

/** What a tool call asks of the run itself, beyond its answer. */
export type ToolControl =
  | { readonly kind: 'plan_accepted'; readonly plan: Plan; readonly plan_sha256: string }
  | { readonly kind: 'finish'; readonly summary: string }
  | { readonly kind: 'blocked'; readonly reason: string; readonly needs: string }
  /** Nothing was done: a person has to agree first. Never on record; the run waits, and the call is made again. */
  | { readonly kind: 'needs_leave'; readonly wanted: WantedLeave }

/** A tool call's answer as it is recorded; survives JSON. */
export interface ToolCallResult {
  readonly answer: ToolAnswer
  readonly control: ToolControl | null
}

/** What policy says about something an agent wants to do with its own hands. */
export interface Leave {
  readonly answer: 'allow' | 'refuse' | 'ask'
  readonly rule: string
  readonly message: string
  /** What a person would have to agree to; absent where nobody is asked. */
  readonly wanted?: WantedLeave
}

/** What a person would have to agree to before an agent goes on. */
export interface WantedLeave {
  /** The policy action. */
  readonly action: string
  /** Paths relative to the workspace, or the words of a command or a call; sorted. */
  readonly subject: readonly string[]
  readonly reason: string
  /** The tree that the act would start from; absent binds the answer to none. */
  readonly tree?: string
}

/** The tool gateway, bound to one run. */
export interface AgentTools {
  /** The tools that are open in a phase, in a fixed order. */
  declarations(phase: AgentPhase): readonly ToolDeclaration[]
  /** Checks, performs and records one call as the step named by `key`; never throws for what a model asked. */
  call(request: ToolRequest, at: { readonly phase: AgentPhase; readonly key: string }): Promise<ToolCallResult>
  /**
   * Asks for leave only: for what an agent does with its own hands inside the sandbox. The decision is recorded as the
   * step named by `key`; nothing is performed. `ask` means that a person would have to agree first.
   */
  leave(request: ToolRequest, at: { readonly phase: AgentPhase; readonly key: string }): Promise<Leave>
}

/** What an agent is given for one phase of a run. */
export interface AgentSession {
  readonly run_id: RunId
  readonly tenant_id: TenantId
  readonly task: Task
  readonly phase: AgentPhase
  /** Instructions: platform rules and the contract. The same in every phase of a run. */
  readonly system: string
  /** What opens this phase: the context when planning, the accepted plan when editing, the reasons when repairing. */
  readonly opening: string
  readonly journal: StepJournal
  readonly tools: AgentTools
  /** Use as recorded by finished steps, so that a replayed run sees the same figures. */
  budget(): { readonly limits: BudgetLimits; readonly use: BudgetUse }
  readonly signal: AbortSignal
}

/** How an agent's turn ended. */
export type AgentOutcome =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly plan_sha256: string }
  | { readonly kind: 'finished'; readonly summary: string }
  | { readonly kind: 'blocked'; readonly reason: string; readonly needs: string }
  | { readonly kind: 'stuck'; readonly reason: string }
  | { readonly kind: 'exhausted'; readonly verdict: BudgetVerdict }
  | { readonly kind: 'model_failed'; readonly failure: ModelFailureKind; readonly message: string }
  | { readonly kind: 'outcome_unknown'; readonly message: string }
  /** It can only go on with a person's leave. */
  | { readonly kind: 'needs_leave'; readonly wanted: WantedLeave }
  /** A foreign agent's program ended badly and left no change. */
  | { readonly kind: 'guest_failed'; readonly message: string }

/**
 * Someone who works on a tree through tools. One instance per run: it keeps its own conversation over the phases and
 * rebuilds it from recorded steps when a run is resumed, so everything it does goes through the session's journal.
 */
export interface Agent {
  work(session: AgentSession): Promise<AgentOutcome>
}
