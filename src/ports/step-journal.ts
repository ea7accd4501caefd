import type { BudgetVerdict } from '#domain/budget'
import type { EventDraft } from '#domain/event'
import type { Json } from '#domain/json'
import type { ArtifactRef, DataClass } from './artifact-store.ts'
import type { PolicyDecision } from './policy.ts'

export type StepKind =
  | 'transition'
  | 'model_call'
  | 'tool_call'
  | 'guest'
  | 'workspace'
  | 'verification'
  | 'gate'
  | 'context'
  | 'publication'
  | 'packet'

/** What is about to be done. The key is stable over a resume; the request decides whether it is still the same act. */
export interface StepIntent {
  /** Unique in the run, such as `model:edit:3:0` or `tool:edit:3:1`. */
  readonly key: string
  readonly kind: StepKind
  readonly request: Json
  /** Worst-case cost booked before a model call, in US dollars. */
  readonly reserve_usd?: number
  /** What policy said about the act; on record before it. Of an open intent found again, the earlier one stands. */
  readonly decision?: PolicyDecision
}

/** A reference to an artifact that belongs to the run. */
export interface RunArtifact extends ArtifactRef {
  readonly kind: string
  readonly name: string
  readonly data_class: DataClass
}

/** What one act did; written together with its events in one transaction, once. */
export interface StepOutcome<Value extends Json> {
  readonly value: Value
  readonly events?: readonly EventDraft[]
  readonly artifacts?: readonly RunArtifact[]
  /** The tree as checkpointed after the step, where it changed. */
  readonly tree?: string
  readonly cost_usd?: number
  readonly tokens?: number
  /** A decision that the step itself asked for; the one its act goes by belongs into the intent. */
  readonly decision?: PolicyDecision
  readonly tool_call?: ToolCallRecord
  readonly model_call?: ModelCallRecord
}

export interface ToolCallRecord {
  readonly tool: string
  readonly tool_version: string
  readonly args_sha256: string
  readonly status: 'ok' | 'refused' | 'error'
  readonly rule: string | null
  readonly duration_ms: number
}

export interface ModelCallRecord {
  readonly call_key: string
  readonly provider: string
  readonly model: string
  readonly phase: string
  readonly outcome: string
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cost_usd: number
  readonly duration_ms: number
}

/** Where an act stands when it is performed. */
export interface StepContext {
  /** Number of the step in the run; part of call keys. */
  readonly n: number
  /** True when an earlier worker recorded the intent but no outcome: the act may have happened. */
  readonly reopened: boolean
  /** The decision on record for this step; an act that needs one goes by this and no other. */
  readonly decision?: PolicyDecision
}

/** A step as it stands in the record. */
export interface StepRecord {
  readonly n: number
  readonly key: string
  readonly kind: StepKind
  readonly request_sha256: string
  readonly intent_at: string
  readonly outcome: Json | null
  readonly outcome_at: string | null
  readonly tree: string | null
  readonly cost_usd: number
  /** The decision recorded with the intent; given by `beginStep` while there is no outcome. */
  readonly decision?: PolicyDecision
}

/** Thrown by `perform` when the next step does not fit into what is left of the run's budget; nothing was done. */
export class BudgetExhausted extends Error {
  readonly verdict: BudgetVerdict

  constructor(verdict: BudgetVerdict) {
    super(`the ${verdict.budget} budget is used up: ${verdict.used} of ${verdict.limit}`)
    this.name = 'BudgetExhausted'
    this.verdict = verdict
  }
}

/**
 * Durable steps. `perform` returns the recorded value when the step has one, and otherwise records the intent, acts,
 * and records the outcome. A step whose act throws keeps its open intent and is performed again on resume.
 * @throws GanderError `lease_lost` when another worker has the run, `replay_diverged` when an outcome is on record for another request
 */
export interface StepJournal {
  perform<Value extends Json>(
    intent: StepIntent,
    act: (context: StepContext) => Promise<StepOutcome<Value>>,
  ): Promise<Value>
  /** True when the step has its outcome on record: `perform` will answer from there and not act. */
  recorded(key: string): boolean
  /** True while every step asked for so far was answered from the record. */
  readonly replaying: boolean
}
